// `uninitialised-read`: whether what the checked call does depends on a byte that nobody wrote.

import { type Addr, hex } from '../../base/address.js';
import { plural } from '../../base/words.js';
import { firstRead, firstUse } from '../scene/first-reader.js';
import type { ReportFacts } from '../scene/report-facts.js';
import type { ReportScene } from '../scene/report-scene.js';
import { victimOf } from '../scene/report-victim.js';
import type { OwnFacts, Property } from './property.js';

/** Something that nobody wrote before the checked call read it. */
export type Unwritten =
  | { readonly kind: 'stack' | 'heap' | 'field'; readonly address: Addr }
  | { readonly kind: 'register' | 'flag'; readonly name: string };

type UnwrittenByte = Extract<Unwritten, { readonly address: Addr }>;

/** Two runs of one world that differ in bytes that nobody wrote, and nowhere else, are not the same. */
export interface UninitialisedRead {
  readonly property: 'uninitialised-read';
  /** What is not the same. */
  readonly differs: 'end' | 'result' | 'memory' | 'allocations' | 'violations';
  /** What the difference comes from, once it was looked for. */
  readonly from?: Unwritten;
}

const DIFFERS: Readonly<Record<UninitialisedRead['differs'], string>> = {
  end: 'how it ends',
  result: 'its result',
  memory: 'the memory that it leaves',
  allocations: 'what it allocates',
  violations: 'what it breaks',
};

const byteWords = (scene: ReportScene, { kind, address }: UnwrittenByte, at: number): string => {
  if (kind === 'stack') {
    const below = scene.subject.rsp - 8n - address;
    return below > 0n
      ? `the byte of the stack that lies ${plural(Number(below), 'byte')} below the return address`
      : `the byte of the stack at ${hex(address)}`;
  }
  const own = scene.nearestOwn(address, at);
  if (own !== undefined && address >= own.start && address < own.start + BigInt(own.requested))
    return `byte ${address - own.start} of its own allocation of ${plural(own.requested, 'byte')}`;
  const { object, field } = victimOf(scene, address, at);
  if (field !== null) return `a byte of ${field}${object === null ? '' : ` (${object})`}`;
  return object === null ? `the byte at ${hex(address)}` : `a byte of ${object}`;
};

const ofByte = (
  scene: ReportScene,
  from: UnwrittenByte,
): Partial<ReportFacts> & { readonly what: string } => {
  const read = firstRead(scene, from.address);
  const at = read?.at ?? scene.step.to;
  const own = from.kind === 'stack' ? undefined : scene.nearestOwn(from.address, at);
  const isOwn =
    own !== undefined && from.address >= own.start && from.address < own.start + BigInt(own.requested);
  return {
    what: byteWords(scene, from, at),
    ...(read === undefined
      ? {}
      : {
          ...instructionFacts(scene, at),
          access: {
            access: 'read',
            address: hex(read.address),
            size: read.size,
            old: Buffer.from(scene.stateAt(at).read(read.address, read.size)).toString('hex'),
            new: null,
            distance: null,
          },
        }),
    ...(isOwn ? { allocation: { ...own.report(), freedBy: null } } : {}),
  };
};

const instructionFacts = (scene: ReportScene, at: number): Partial<ReportFacts> => ({
  instruction: scene.instructionAt(at),
  trace: scene.callers(at),
});

// The flags of arithmetic come as a whole, or one by its name.
const flagWords = (name: string): string => (/^[A-Z]F$/u.test(name) ? `the flag ${name}` : name);

const ofState = (
  scene: ReportScene,
  { kind, name }: Exclude<Unwritten, UnwrittenByte>,
): Partial<ReportFacts> & { readonly what: string } => {
  const at = firstUse(scene, name);
  const what = kind === 'flag' ? flagWords(name) : `the register ${name}, which is no argument`;
  return { what, ...(at === undefined ? {} : instructionFacts(scene, at)) };
};

/** What the call does depends on no byte that nobody wrote. Found by comparing runs, so no single run is judged. */
export const uninitialisedRead: Property<UninitialisedRead> = {
  name: 'uninitialised-read',
  breaks: 'depends on bytes that nobody wrote',
  report: (scene, { differs, from }): OwnFacts => {
    const called = scene.subject.function;
    const step = scene.subject.step;
    const kind = 'uninitialised-read';
    if (from === undefined)
      return {
        kind,
        step,
        says: `What ${called}() does depends on bytes that nobody wrote: with others in their place, ${DIFFERS[differs]} differs.`,
      };
    const { what, ...facts } = 'address' in from ? ofByte(scene, from) : ofState(scene, from);
    const by = facts.instruction?.at ?? `${called}()`;
    return {
      ...facts,
      kind,
      step,
      says: `${by} reads ${what}. Nobody wrote it, and ${DIFFERS[differs]} depends on it.`,
    };
  },
};
