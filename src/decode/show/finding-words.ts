// A checker's finding in words: one fact a line, the fault first. What the text lacks is not mentioned.

import { hex } from '../../base/address.js';
import { plural } from '../../base/words.js';
import { readPointer } from '../explain/pointer-reading.js';
import { bareSymbol } from '../judge/symbol.js';
import { skipOf } from '../judge/skips.js';
import type { Finding, FoundObject, NamedTask, RaceAccess, Track } from '../read/finding/finding.js';
import type { Trace } from '../read/report.js';
import { locationWords } from './report-words.js';

/** `frobd, PID 12`; `PID 12`. */
const taskName = ({ comm, pid }: NamedTask): string =>
  [comm, pid === undefined ? undefined : `PID ${pid}`].filter((part) => part !== undefined).join(', ');

// What allocators call to keep the trace. Sources: mm/kasan/common.c, mm/slub.c, mm/kmsan/core.c, v4.0 to v6.14
const KEEPS =
  /^(?:_*(?:un)?poison_\w+|set_alloc_info|set_track\w*|save_stack\w*|save_track|\w*kasan_\w+|\w*kmsan_\w+|_*slab_\w+|alloc_slab\w*|stack_trace_save\w*|stack_depot_\w+)/u;

// Helpers and allocators say nothing of whose object it is.
const whose = (track: Track, traces: readonly Trace[]): string => {
  if (track.at !== undefined) return ` in ${track.at.symbol ?? locationWords(track.at)}`;
  const trace = track.trace === undefined ? undefined : traces[track.trace];
  const names = (trace?.entries ?? []).filter(({ reliable }) => reliable).map(({ symbol }) => symbol ?? '');
  const own = names.find(
    (name) => name !== '' && !KEEPS.test(name) && skipOf(bareSymbol(name), new Set()) === undefined,
  );
  return own === undefined ? '' : ` in ${own}`;
};

const trackWords = (verb: string, track: Track | undefined, traces: readonly Trace[]): string[] => {
  if (track === undefined) return [];
  const by = taskName(track);
  const cpu = track.cpu === undefined ? '' : `, on CPU ${track.cpu}`;
  const said = `${by === '' ? '' : ` by ${by}`}${whose(track, traces)}${cpu}`;
  return said === '' ? [] : [`${verb}${said}`];
};

const ACCESS = {
  read: 'a read',
  write: 'a write',
  'read-write': 'a read and write',
  free: 'a free',
} as const;

const accessWords = ({ access, size, address, by }: Finding): string | undefined => {
  if (access === undefined && address === undefined) return undefined;
  const what = access === undefined ? 'found' : ACCESS[access];
  const bytes = size === undefined ? '' : ` of ${plural(size, 'byte')}`;
  const at = address === undefined ? '' : `${access === 'free' ? ' of' : ' at'} ${hex(address)}`;
  return `${what}${bytes}${at}${by === undefined ? '' : ` by ${taskName(by)}`}`;
};

const where = (offset: number, size: number | undefined): string => {
  if (offset < 0) return `${plural(-offset, 'byte')} in front of`;
  if (size !== undefined && offset >= size) return `${plural(offset - size, 'byte')} past the end of`;
  return `${plural(offset, 'byte')} inside`;
};

const KIND = {
  slab: 'object',
  stack: 'frame on the stack',
  global: 'variable',
  vmalloc: 'vmalloc area',
  page: 'page',
} as const;

const objectWords = (object: FoundObject | undefined): string[] => {
  if (object === undefined) return [];
  const { address, size, cache, cacheSize, offset, state, kind, at } = object;
  const bytes = size ?? cacheSize;
  const name = [
    `${state === 'freed' ? 'a freed' : state === 'live' ? 'a live' : 'an'} ${kind === undefined ? 'object' : KIND[kind]}`.replace(
      /^an (?!object)/u,
      'a ',
    ),
    bytes === undefined ? undefined : `of ${plural(bytes, 'byte')}`,
    address === undefined ? undefined : `at ${hex(address)}`,
    at === undefined ? undefined : `of ${locationWords(at)}`,
    cache === undefined ? undefined : `from ${cache}`,
  ].filter((part) => part !== undefined);
  const words = name.join(' ');
  if (offset !== undefined) return [`It lies ${where(offset, size)} ${words}`, ...variableWords(object)];
  const facts = [
    state === 'freed' ? 'is freed' : undefined,
    bytes === undefined ? undefined : `has ${plural(bytes, 'byte')}`,
    address === undefined ? undefined : `lies at ${hex(address)}`,
    cache === undefined ? undefined : `is from ${cache}`,
    at === undefined ? undefined : `is ${locationWords(at)}`,
  ].filter((part) => part !== undefined);
  const what = kind === undefined ? 'object' : KIND[kind];
  return facts.length === 0
    ? variableWords(object)
    : [`The ${what} ${facts.join(', ')}`, ...variableWords(object)];
};

const variableWords = ({ variables, offset }: FoundObject): string[] => {
  if (variables === undefined || variables.length === 0) return [];
  const named = variables.map(({ name, from, to }) => `${name} [${from}, ${to})`).slice(0, 8);
  const inside = variables.find(({ from, to }) => offset !== undefined && offset >= from && offset < to);
  const before = variables.findLast(({ to }) => offset !== undefined && offset >= to);
  const near = inside ?? before;
  const said = near === undefined ? '' : `; it is ${inside === undefined ? 'after' : 'inside'} ${near.name}`;
  return [`Variables of the frame, in bytes: ${named.join(', ')}${said}`];
};

const differ = (one: bigint, other: bigint): number =>
  [...BigInt.asUintN(64, one ^ other).toString(2)].filter((bit) => bit === '1').length;

const comparedWords = ({ compared, expected, found, checker, range }: Finding): string[] => {
  if (found === undefined) return [];
  const what = compared ?? 'the value';
  const number = (value: bigint): string => (checker === 'rss counter' ? String(value) : hex(value));
  const reading = checker === 'list' ? readPointer(found) : undefined;
  const means = reading === undefined || found === 0n ? '' : `: ${reading.detail}`;
  const value = checker === 'list' && found === 0n ? 'NULL' : number(found);
  if (expected === undefined) return [`${what} is ${value}${means}`];
  const bit =
    means === '' && checker !== 'rss counter' && differ(expected, found) === 1 ? ': one bit differs' : '';
  const bytes = range === undefined ? '' : `, from ${hex(range.from)} to ${hex(range.to)}`;
  return [
    checker === 'SLUB'
      ? `The first damaged byte is ${value}, it should be ${number(expected)}${bytes}${bit}`
      : `${what} should be ${number(expected)}, and is ${value}${means}${bit}`,
  ];
};

const raceWords = (access: RaceAccess): string => {
  const by = access.interrupt === true ? 'an interrupt' : taskName(access);
  const cpu = access.cpu === undefined ? '' : ` on CPU ${access.cpu}`;
  const bytes = access.size === undefined ? '' : ` of ${plural(access.size, 'byte')}`;
  const at = access.address === undefined ? '' : ` at ${hex(access.address)}`;
  const other = access.unknownOrigin === true ? '; the other access was not seen' : '';
  return `${ACCESS[access.access]}${access.marked ? ' (marked)' : ''}${bytes}${at} by ${by}${cpu}${other}`;
};

const valueWords = ({ checker, value, type, facts }: Finding): string[] => {
  if (checker === 'UBSAN' && value !== undefined)
    return [`The value is ${value}${type === undefined ? '' : `, the type ${type}`}`];
  if (checker === 'ODEBUG') return type === undefined ? [] : [`The object is a ${type}`];
  if (value === undefined) return [];
  const count = facts?.['usageCount'];
  return [
    `${checker === 'sysfs' ? 'The name' : 'The device'} is ${value}${count === undefined ? '' : `, used ${count} times`}`,
  ];
};

const SAID: Readonly<Record<string, string>> = {
  order: 'order',
  mode: 'mode',
  flags: 'flags',
  constraint: 'constraint',
  anonymousRss: 'anonymous memory of the victim',
  reason: 'reason',
  before: 'value before',
  after: 'value after',
  field: 'field',
  function: 'function',
  memory: 'memory',
  bytes: 'bytes',
  of: 'of',
  variable: 'variable',
  copiedTo: 'copied to',
  alignment: 'alignment',
  ageSeconds: 'age in seconds',
};

const factWords = ({ facts, checker }: Finding): string[] => {
  // Of an object, `SLUB object` says nothing new.
  const said = Object.entries(facts ?? {}).filter(
    ([name, value]) => Object.hasOwn(SAID, name) && !(name === 'memory' && value.endsWith(' object')),
  );
  if (checker === 'KMSAN' && facts?.['bytes'] !== undefined && facts['of'] !== undefined)
    return [`Bytes ${facts['bytes']} of ${facts['of']} are not initialised`];
  return said.length === 0 ? [] : [said.map(([name, value]) => `${SAID[name]} ${value}`).join(', ')];
};

/** The sentences about a finding, without full stop, by what they say. */
export interface FindingParts {
  /** `KASAN: slab-use-after-free`, with the access. */
  readonly what: string;
  /** Which value is bad, or where it lies. */
  readonly value: readonly string[];
  /** Who made, freed or stored it: `allocated by PID 12 in frob_open`. */
  readonly origin: readonly string[];
  readonly more: readonly string[];
}

/** @param traces of the report: they name who allocated and freed */
export const findingParts = (finding: Finding, traces: readonly Trace[] = []): FindingParts => {
  const { checker, bug, other, victim, range, compared, accesses, direction } = finding;
  const access = accesses === undefined ? accessWords(finding) : undefined;
  const way = direction === 'from' || direction === 'to' ? ` ${direction} kernel memory` : '';
  const stands = range !== undefined && compared === undefined;
  return {
    what: `${checker}: ${bug}${way}${access === undefined ? '' : `: ${access}`}`,
    value: [
      ...(stands ? [`The address stands for one from ${hex(range.from)} to ${hex(range.to)}`] : []),
      ...(accesses ?? []).map(raceWords),
      ...comparedWords(finding),
      ...valueWords(finding),
      ...objectWords(finding.object),
    ],
    origin: [
      ...trackWords(finding.checker === 'KMSAN' ? 'created' : 'allocated', finding.allocatedBy, traces),
      ...trackWords('freed', finding.freedBy, traces),
      ...trackWords('stored', finding.storedBy, traces),
    ],
    more: [
      ...(other === undefined || accesses !== undefined ? [] : [`Its function is ${locationWords(other)}`]),
      ...(victim === undefined ? [] : [`The victim is ${taskName(victim)}`]),
      ...factWords(finding),
    ],
  };
};

/**
 * The finding as sentences without full stop, most important first.
 *
 * @param traces of the report: they name who allocated and freed
 */
export const findingWords = (finding: Finding, traces: readonly Trace[] = []): string[] => {
  const { what, value, origin, more } = findingParts(finding, traces);
  const { at } = finding;
  const origins = origin.map((one) => `${one.slice(0, 1).toUpperCase()}${one.slice(1)}`);
  return [at === undefined ? what : `${what}, in ${locationWords(at)}`, ...value, ...more, ...origins];
};
