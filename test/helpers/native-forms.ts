// Code on this machine's own CPU, each run from its own state, in a child process: what a third oracle says.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { REGISTER_INDEX } from '../../src/x86/registers.js';
import { CODE, PAGES } from './form-memory.js';
import type { FormEnd, FormState, Ran } from './form-runs.js';

// In the order of the child's state, and of the signal frame.
const GIVEN = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rsp', 'rflags', 'rip'] as const; // prettier-ignore
const SAVED = ['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rdi', 'rsi', 'rbp', 'rbx', 'rdx', 'rax', 'rcx', 'rsp', 'rip', 'rflags'] as const; // prettier-ignore
const [ERROR, TRAP, CR2] = [19, 20, 22]; // words after them
const TF = 0x100n;
/** Flags that a process cannot set, or that its being stepped through changes. */
const HOST_FLAGS = 0x10100n;
const SIGTRAP = 5;
const OWN = 2n ** 40n; // the memory of a campaign lies below

// Exceptions by their number. Source: Intel SDM vol. 3, table 6-1, and section 4.7 for the error code of a page fault.
const endOf = (signal: number, trap: number, error: number, cr2: bigint): FormEnd => {
  if (signal === SIGTRAP && trap === 1) return { kind: 'done' };
  if (trap === 6) return { kind: '#UD' };
  if (trap === 12 || trap === 13) return { kind: 'fault', cause: 'not canonical' };
  if (trap !== 14) return { kind: 'exception' };
  const access = (error & 16) !== 0 ? 'fetch' : (error & 2) !== 0 ? 'write' : 'read';
  const fault: FormEnd = { kind: 'fault', access, address: cr2 };
  if (cr2 >= OWN) return fault; // the kernel, or what this process has besides, may be there
  return { ...fault, cause: (error & 1) !== 0 ? 'protection' : 'unmapped' };
};

interface Answer {
  readonly signal: number;
  readonly saved: string;
  readonly changes: readonly (readonly [number, number])[];
  readonly count: number;
}

/** The CPU, in a child process. */
export class NativeForms {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(code: Uint8Array) {
    const script = fileURLToPath(new URL('native-forms-child.mjs', import.meta.url));
    this.#child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin!.on('error', () => undefined); // it has ended: the answer that does not come says so
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    this.place(code);
  }

  /** Other code, as long as that before, and memory anew. */
  place(code: Uint8Array): void {
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
    const pages = PAGES.map(({ at, isWritable, fill }) => ({
      at: Number(at),
      isWritable,
      fill: base64(fill),
    }));
    this.#send({ code: { at: Number(CODE), bytes: base64(code) }, pages });
  }

  #send(request: unknown): void {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
  }

  /** Run from each state; the code must end in a breakpoint, where it is not stepped through. */
  async run(states: readonly FormState[]): Promise<Ran[]> {
    const runs = states.map(({ registers, gs, pokes, until }) => {
      const state = Buffer.alloc((GIVEN.length + 1) * 8);
      for (const [index, name] of GIVEN.entries())
        state.writeBigUInt64LE(registers[REGISTER_INDEX[name]]!, index * 8);
      if (until === undefined) state.writeBigUInt64LE(registers[REGISTER_INDEX.rflags]! | TF, 16 * 8);
      state.writeBigUInt64LE(gs, GIVEN.length * 8);
      return { state: state.toString('base64'), pokes: pokes.map(([at, bytes]) => [Number(at), [...bytes]]) };
    });
    this.#send({ runs });
    const answers = JSON.parse(await this.#answer()) as Answer[];
    return answers.map((answer, index) => this.#ranOf(answer, states[index]!));
  }

  async #answer(): Promise<string> {
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done === true) throw new Error('an instruction ended the child process');
      if (value !== '"ready"') return value;
    }
  }

  #ranOf({ signal, saved, changes, count }: Answer, { registers: given, until }: FormState): Ran {
    const words = Buffer.from(saved, 'base64');
    const word = (index: number): bigint => words.readBigUInt64LE(index * 8);
    const registers = [...given];
    for (const [index, name] of SAVED.entries()) registers[REGISTER_INDEX[name]] = word(index);
    registers[REGISTER_INDEX.rflags]! &= ~HOST_FLAGS;
    let end = endOf(signal, Number(word(TRAP)), Number(word(ERROR)), word(CR2));
    const at = given[REGISTER_INDEX.rip]!;
    const now = registers[REGISTER_INDEX.rip]!;
    if (end.kind === 'exception' && signal === SIGTRAP) {
      registers[REGISTER_INDEX.rip] = now - 1n; // a breakpoint is a trap: RIP is after it
      if (now - 1n === until) end = { kind: 'done' };
    } else if (end.access === 'fetch' && now !== at) end = { kind: 'done' };
    return { end, registers, changes, count };
  }

  close(): void {
    this.#child.stdin!.end();
  }
}
