// Encodings on both engines and on this machine's CPU, from drawn states: what differs, and what of it is known and why.
import { engineNamed } from '../../src/machine/engines.js';
import { isCanonical } from '../../src/base/address.js';
import { REGISTER_INDEX } from '../../src/x86/registers.js';
import { findForbidden } from '../../src/x86/privileged.js';
import { changesMemory } from '../../src/x86/read-modify-write.js';
import { numbers } from './any-code.js';
import { CODE } from './form-memory.js';
import { FormEngine, type FormState, type Ran, differences } from './form-runs.js';
import { type Form, drawLinked, drawState, readForm, undefinedFlags } from './form-states.js';
import { native } from './native-cpu.js';
import { NativeForms } from './native-forms.js';
import { hasUnicorn } from './unicorn.js';

const SLOT = 32;
const BREAKPOINT = 0xcc;
const FS = 0x64; // a prefix; a process has its own data there
const HLT = 0xf4; // at the end of an encoding, a used-up budget is taken for one, as Stop has it

/** What is tried. */
export interface Campaign {
  readonly encodings: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly states: number; // of each
  readonly linked: number; // addresses that a displacement without registers is filled in with
  readonly seed: number;
}

/** What was found. */
export interface Findings {
  /** Names whose encodings the engine of our own refuses. */
  readonly refused: ReadonlySet<string>;
  readonly encodings: number;
  /** States, each of them run by everybody. */
  readonly states: number;
  /** How often each known difference was met. */
  readonly known: ReadonlyMap<string, number>;
  /** Each other difference once, with an example. */
  readonly unexplained: ReadonlyMap<string, string>;
}

interface Tried {
  readonly form: Form;
  readonly bytes: Uint8Array;
  readonly at: bigint;
  readonly linked: bigint | undefined;
  readonly byUnicorn: boolean;
  readonly byCpu: boolean;
}

const [unicorn, wasm] = [engineNamed('unicorn'), engineNamed('wasm')];

const isRefused = (kind: typeof wasm, bytes: Uint8Array): boolean => {
  const code = new Uint8Array(15).fill(BREAKPOINT);
  code.set(bytes);
  return findForbidden(code) !== undefined || kind.limits().findProblems(code, 1).get(0)?.kind === 'refused';
};

// For the kernel only; a process gets #GP.
const PRIVILEGED = /^(?:Cli|Sti|Hlt)$/u;
// What a process cannot change with popf, and what a step through it changes.
const SYSTEM_FLAGS = 0x1b_3300n;

const place = ({ encodings, linked, seed }: Campaign, refused: Set<string>): Tried[] => {
  const below = numbers(seed);
  const tried: Tried[] = [];
  for (const { name, bytes } of encodings) {
    if (isRefused(wasm, bytes)) refused.add(name);
    if (isRefused(wasm, bytes) || bytes.at(-1) === HLT) continue;
    const form = readForm(bytes);
    const patch = form.memory?.patchAt ?? -1;
    for (let turn = 0; turn < (patch < 0 ? 1 : linked); turn += 1) {
      const at = CODE + BigInt(tried.length * SLOT);
      const code = bytes.slice();
      const wanted = patch < 0 ? undefined : drawLinked(below, form.memory!.size);
      if (wanted !== undefined) {
        const relative = form.memory!.isRelative ? wanted - at - BigInt(code.length) : wanted;
        const digits = Buffer.alloc(8);
        digits.writeBigInt64LE(relative);
        code.set(digits.subarray(0, form.patchSize), patch);
      }
      const byUnicorn = hasUnicorn && !isRefused(unicorn, bytes);
      tried.push({
        form,
        bytes: code,
        at,
        linked: wanted,
        byUnicorn,
        byCpu: !PRIVILEGED.test(form.code) && !bytes.subarray(0, 4).includes(FS),
      });
    }
  }
  return tried;
};

// Known differences between our engine and another witness: docs/engines.md has each, and who is right.
const explain = (who: 'unicorn' | 'cpu', { form, bytes }: Tried, own: Ran, other: Ran, wrong: readonly string[]): string | undefined => {
  const [a, b] = [own.end, other.end];
  const isFault = a.kind === 'fault' && b.kind === 'fault';
  if (who === 'unicorn') {
    const carried = /^Rc[lr]_/u.test(form.code) && isFault && a.access === 'write';
    const rest = wrong.filter((one) => !(carried && one === 'rflags'));
    if (isFault && a.access === 'write' && a.address! % 4096n === 0n && rest.join() === 'memory')
      return 'a store over the edge of writable memory';
    return carried && rest.length === 0 ? 'the flags of rcl or rcr that faulted' : undefined;
  }
  if (/^Bs[fr]_r32/u.test(form.code) && wrong.length === 1 && a.kind === 'done') return 'a bit scan of 0, with 32 bits';
  if (/^(?:Call|Jmp)_rm64|^Retnq/u.test(form.code) && b.cause === 'not canonical' && a.kind === 'done' && !isCanonical(own.registers[REGISTER_INDEX.rip]!))
    return 'a branch to an address that is not canonical';
  // An Intel CPU gives back the flags from before the instruction, an AMD CPU leaves those of the last round.
  const isRepeated = /^(?:Cmps|Scas)/u.test(form.code) && bytes.some((byte) => byte === 0xf2 || byte === 0xf3);
  const others = wrong.filter((one) => !(isRepeated && isFault && one === 'rflags'));
  if (isRepeated && isFault && others.length === 0) return 'the flags of a repeated comparison that faulted';
  if (form.code.startsWith('Cmps') && isFault && others.join() === 'end' && b.access !== 'write')
    return 'which operand of cmps faults first';
  const isBefore = b.address !== undefined && b.address < a.address! && a.address! - b.address < 8n;
  if (isFault && wrong.join() === 'end' && changesMemory(bytes) && isBefore && a.address! % 4096n === 0n)
    return 'a change over the edge of read-only memory and none';
  return undefined;
}; // prettier-ignore

// Where the process that runs on the CPU may have memory of its own: all of the lower half but its first pages and the
// surroundings of what is tried.
const isOfHost = ({ end }: Ran): boolean => {
  const { address = 0n } = end;
  const isLower = address >= 0x10000n && address < 1n << 47n;
  return isLower && (address < CODE - 0x10000n || address >= CODE + 0x2000000n);
};

const text = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString(16) : value;

/** Run it. The same encodings, states and results each time. */
export const tryForms = async (campaign: Campaign): Promise<Findings> => {
  const refused = new Set<string>();
  const tried = place(campaign, refused);
  const code = new Uint8Array(tried.length * SLOT).fill(BREAKPOINT);
  for (const [index, { bytes }] of tried.entries()) code.set(bytes, index * SLOT);
  const a = hasUnicorn ? new FormEngine(unicorn, code) : undefined;
  const b = new FormEngine(wasm, code);
  const cpu = native ? new NativeForms(code) : undefined;
  const below = numbers(campaign.seed + 1);
  const known = new Map<string, number>();
  const unexplained = new Map<string, string>();
  try {
    for (const one of tried) {
      const { form, bytes, at } = one;
      // A step through the CPU ends a rep after its last round, one through an engine a round of nothing later.
      const isWhole = (form.isRepeated && form.isString) || form.code.startsWith('Pushf');
      const until = isWhole ? { until: at + BigInt(bytes.length) } : {};
      const states = Array.from({ length: campaign.states }, (): FormState => ({ ...drawState(form, at, one.linked, below), ...until }));
      const owns = states.map((state) => b.run(state));
      const onCpu = owns.flatMap((own, index) => (one.byCpu && !isOfHost(own) ? [index] : []));
      const onCpuRan = await cpu?.run(onCpu.map((index) => states[index]!));
      const ranOnCpu = new Map(onCpuRan?.map((ran, index) => [onCpu[index]!, ran]));
      for (const [index, state] of states.entries()) {
        const unknown = undefinedFlags(bytes, state.registers);
        const own = owns[index]!;
        const compare = (who: 'unicorn' | 'cpu', other: Ran, ignored: bigint): void => {
          const wrong = differences(own, other, ignored);
          if (wrong.length === 0) return;
          const reason = explain(who, one, own, other, wrong);
          if (reason !== undefined) known.set(`${who}: ${reason}`, (known.get(`${who}: ${reason}`) ?? 0) + 1);
          else unexplained.set(`${form.code}${form.memory === undefined ? '' : ' m'}: ${who}: ${wrong.join(' ')}: ${JSON.stringify([own.end, other.end], text)}`.replaceAll(/[0-9a-f]{5,}/gu, '…'),
            `${Buffer.from(bytes).toString('hex')} ${JSON.stringify({ state, own, other }, text)}`);
        };
        if (a !== undefined && one.byUnicorn) compare('unicorn', a.run(state), unknown);
        const other = ranOnCpu.get(index);
        if (other !== undefined) compare('cpu', other, form.code.startsWith('Popf') ? unknown | SYSTEM_FLAGS : unknown);
        if (isWhole && a !== undefined && one.byUnicorn) { // and a single round
          const { until: _, ...single } = state;
          const [first, second] = [b.run(single), a.run(single)];
          const wrong = differences(first, second, unknown);
          if (wrong.length > 0 && explain('unicorn', one, first, second, wrong) === undefined) unexplained.set(`${form.code}: a round: ${wrong.join(' ')}`, Buffer.from(bytes).toString('hex'));
        }
      }
    }
  } finally {
    cpu?.close();
    a?.close();
    b.close();
  }
  return { refused, encodings: tried.length, states: tried.length * campaign.states, known, unexplained };
}; // prettier-ignore
