// What a checker found, in the lines of the verdict: the access, the object, and who made and freed it.

import { hex } from '../../base/address.js';
import { plural } from '../../base/words.js';
import { ownFrame } from '../judge/own-frame.js';
import type { Finding, FoundObject, NamedTask, Track } from '../read/finding/finding.js';
import type { KernelReport } from '../read/report.js';
import { fit } from './fit.js';

const ACCESS = {
  read: 'a read',
  write: 'a write',
  'read-write': 'a read and write',
  free: 'a free',
} as const;

const taskWords = (task: NamedTask | undefined): string | undefined =>
  task === undefined
    ? undefined
    : [task.comm, task.pid === undefined ? undefined : `PID ${task.pid}`].filter(Boolean).join(' ') ||
      undefined;

/** `KASAN: slab-use-after-free, a read of 8 bytes at 0xffff…, by frobd PID 77`. */
export const findingWhat = (finding: Finding): string => {
  const { checker, bug, access, size, address, by, value, type } = finding;
  const bytes = size === undefined ? '' : ` of ${plural(size, 'byte')}`;
  const at = address === undefined ? '' : ` at ${hex(address)}`;
  const did = access === undefined ? undefined : `${ACCESS[access]}${bytes}${at}`;
  const task = taskWords(by);
  return fit([
    `${checker}: ${bug}`,
    did,
    value === undefined ? undefined : `value ${value}${type === undefined ? '' : ` of type ${type}`}`,
    task === undefined ? undefined : `by ${task}`,
  ]);
};

const objectWords = ({ kind, size, cache, state, at }: FoundObject): string => {
  const bytes =
    size === undefined ? '' : `${plural(size, 'byte')} `.replace(/bytes? $/u, '-byte ').replace(' -', '-');
  const what = kind === 'global' ? 'variable' : kind === 'stack' ? 'stack frame' : 'object';
  const name = at?.symbol === undefined ? '' : ` ${at.symbol}`;
  const where = cache === undefined ? '' : ` of ${cache}`;
  return `a ${state === undefined ? '' : `${state} `}${bytes}${what}${name}${where}`;
};

const offsetWords = (offset: number, size: number | undefined): string => {
  if (offset < 0) return `${plural(-offset, 'byte')} before`;
  if (size !== undefined && offset >= size) return `${plural(offset - size, 'byte')} after the end of`;
  return offset === 0 ? 'the first byte of' : `${plural(offset, 'byte')} inside`;
};

/** Which value was bad, by the checker's own words; `undefined` where it names none. */
export const findingValue = (finding: Finding): string | undefined => {
  const { address, object, compared, expected, found, accesses } = finding;
  if (expected !== undefined && found !== undefined)
    return `${compared ?? 'the value'} is ${hex(found)}, and should be ${hex(expected)}`;
  if (object !== undefined && (object.offset !== undefined || object.size !== undefined)) {
    const place = object.offset === undefined ? 'in' : offsetWords(object.offset, object.size);
    return `${address === undefined ? 'it' : hex(address)} is ${place} ${objectWords(object)}`;
  }
  if (accesses !== undefined && accesses.length > 1) {
    const words = accesses.map(({ access, size, marked, cpu, unknownOrigin }) =>
      unknownOrigin === true
        ? 'an access that was not seen'
        : [
            `a ${marked ? 'marked ' : ''}${access}`,
            size === undefined ? '' : `of ${plural(size, 'byte')}`,
            cpu === undefined ? '' : `on CPU ${cpu}`,
          ]
            .filter((part) => part !== '')
            .join(' '),
    );
    return words.join(' against ');
  }
  return undefined;
};

const trackWords = (report: KernelReport, verb: string, track: Track | undefined): string | undefined => {
  if (track === undefined) return undefined;
  const place = track.at ?? ownFrame(track.trace === undefined ? undefined : report.traces[track.trace]);
  const task = taskWords(track);
  if (place?.symbol === undefined) return task === undefined ? undefined : `${verb} by ${task}`;
  return `${verb} in ${place.symbol}${task === undefined ? '' : ` (${task})`}`;
};

/** Where the object came from: who allocated and who freed it. */
export const findingOrigin = (report: KernelReport, finding: Finding): string | undefined => {
  const text = fit([
    trackWords(report, 'allocated', finding.allocatedBy),
    trackWords(report, 'freed', finding.freedBy),
  ]);
  return text === '' ? undefined : text;
};
