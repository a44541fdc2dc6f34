// Where each word of an oops comes from: computed, carried or given.

import { type Addr, hex16, u64 } from '../base/address.js';
import {
  CONTROL_REGISTERS,
  DEBUG_REGISTERS,
  OOPS_REGISTERS,
  type OopsFields,
  type OopsRegister,
} from './fields.js';
import { oopsLines } from './format.js';

/**
 * `computed`: made by executed code, by the CPU's delivery of the trap, or by a walk over guest memory.
 * `carried`: in the machine from the start, and written by no instruction.
 * `given`: the scenario states it and the report prints it; also the kernel's own text.
 */
export type Provenance = 'computed' | 'carried' | 'given';

/** Where a value comes from. */
export interface Origin {
  readonly provenance: Provenance;
  /** `register rbx at the trap`, `given: module list`. */
  readonly source: string;
}

/** The writers of a register or a stack word that an oops shows. */
export interface ProvenanceQuery {
  register(name: OopsRegister): 'computed' | 'carried';
  memory(address: Addr, size: number): 'computed' | 'carried';
}

/** A word of an oops: the text between two blanks. */
export interface OopsWord {
  readonly text: string;
  readonly provenance: Provenance;
  /** Whether it is text of the kernel alone and shows no value. */
  readonly label: boolean;
  readonly source: string;
  readonly line: number; // from 1
}

const GIVEN_SOURCES: Readonly<Record<string, string>> = {
  dieCounter: 'die counter',
  config: 'kernel configuration',
  modules: 'module list',
  lastUnloaded: 'last unloaded module',
  supported: 'supported line',
  pid: 'pid',
  comm: 'comm',
  taint: 'taint flags',
  release: 'kernel release',
  version: 'kernel version',
  hardware: 'hardware',
  fs: 'fs base',
  gsIndex: 'gs index',
  knlGs: 'gs base of user space',
  cs: 'segment register cs while printing',
  ds: 'segment register ds',
  es: 'segment register es',
  pageTable: 'page table line',
  endTrace: 'id of the end trace',
};

/** Where the values of an oops were read. */
interface OopsPlaces {
  /** Address of the per-CPU word `current`. */
  readonly current: Addr;
  /** Address of the first code byte. */
  readonly codeStart: Addr;
  /** Where each return address of the call trace was read. */
  readonly slots: readonly Addr[];
  readonly threadInfoRead: boolean;
}

/** The origin of each value, by the keys of the text's segments. */
export const originsOf = (
  fields: OopsFields,
  query: ProvenanceQuery,
  places: OopsPlaces,
): Map<string, Origin> => {
  const { head, rsp, threadinfo, code } = fields;
  const origins = new Map<string, Origin>();
  const computed = (key: string, source: string) => origins.set(key, { provenance: 'computed', source });
  const given = (key: string, what: string) =>
    origins.set(key, { provenance: 'given', source: `given: ${what}` });
  const codeByte = (index: number) => `code byte ${hex16(u64(places.codeStart + BigInt(index)))}`;

  for (const [key, what] of Object.entries(GIVEN_SOURCES)) given(key, what);
  for (const name of CONTROL_REGISTERS) given(name, `control register ${name}`);
  for (const name of DEBUG_REGISTERS) given(name, `debug register ${name}`);
  for (const name of OOPS_REGISTERS) {
    origins.set(`register.${name}`, {
      provenance: query.register(name),
      source: `register ${name} at the trap`,
    });
  }
  fields.stack.forEach((_, index) => {
    const at = u64(rsp + BigInt(index * 8));
    origins.set(`stack.${index}`, { provenance: query.memory(at, 8), source: `stack word ${hex16(at)}` });
  });
  places.slots.forEach((slot, index) => computed(`trace.${index}`, `call trace: read at ${hex16(slot)}`));
  code.bytes.forEach((_, index) => computed(`code.${index}`, codeByte(index)));
  computed('code.bad', `${codeByte(code.bytes.length)}: not readable`);
  computed(
    'bug',
    head.kind === 'bug' ? 'bug table entry' : 'rip at the trap; the bug table does not name it',
  );
  computed('trap', 'the trap');
  computed('address', 'faulting address, set by the CPU');
  if (head.kind === 'page fault') computed('cr2', 'faulting address, set by the CPU');
  computed('rip', 'rip at the trap, pushed by the CPU');
  computed('rsp', 'rsp at the trap, pushed by the CPU');
  computed('eflags', 'rflags at the trap, pushed by the CPU');
  computed('frameCs', 'cs at the trap, pushed by the CPU');
  computed('frameSs', 'ss at the trap, pushed by the CPU');
  origins.set('gs', { provenance: 'carried', source: 'gs base, which no instruction wrote' });
  computed('threadinfo', 'rsp at the trap, rounded down to the start of its stack');
  computed('task', `current, per-CPU word ${hex16(places.current)}`);
  if (places.threadInfoRead) computed('cpu', `thread_info.cpu at ${hex16(threadinfo)}`);
  else given('cpu', '0, thread_info cannot be read');
  return origins;
};

const LABEL: Origin = { provenance: 'given', source: 'format text of the kernel' };

/** The words of the text of `fields`, each with the origin of the first value that it shows. */
export const wordsOf = (fields: OopsFields, origins: ReadonlyMap<string, Origin>): OopsWord[] =>
  oopsLines(fields).flatMap((segments, index) => {
    const text = segments.map((segment) => segment.text).join('');
    return [...text.matchAll(/\S+/gu)].map((match): OopsWord => {
      const from = match.index;
      const to = from + match[0].length;
      let start = 0;
      let origin: Origin | undefined;
      for (const segment of segments) {
        const end = start + segment.text.length;
        if (origin === undefined && segment.key !== undefined && start < to && end > from) {
          origin = origins.get(segment.key);
        }
        start = end;
      }
      return { text: match[0], ...(origin ?? LABEL), label: origin === undefined, line: index + 1 };
    });
  });

export const countProvenance = (words: readonly OopsWord[]): Record<Provenance, number> => {
  const counts = { computed: 0, carried: 0, given: 0 };
  for (const { provenance } of words) counts[provenance] += 1;
  return counts;
};
