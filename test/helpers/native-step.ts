// Single instructions on this machine's own CPU, each from the same state, in a child process.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RegisterName } from '../../src/x86/registers.js';

/** Where the instructions lie, SLOT bytes apart, and the page of data that each finds. */
export const CODE = 0x61000000n;
export const DATA = 0x62000000n;
export const SLOT = 32;

/** The state that an instruction starts in. */
export interface CpuState {
  readonly registers: Readonly<Record<RegisterName, bigint>>; // rip is not taken
  readonly data: Uint8Array; // 4096 bytes
}

/** What the CPU did. */
export interface Step {
  readonly end: 'done' | '#UD' | 'divide error' | 'fault';
  readonly registers: Readonly<Record<string, bigint>>;
}

// In the order of the child's state, and of the signal frame.
const GIVEN = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rsp', 'rflags'] as const; // prettier-ignore
const SAVED = ['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rdi', 'rsi', 'rbp', 'rbx', 'rdx', 'rax', 'rcx', 'rsp', 'rip', 'rflags'] as const; // prettier-ignore
const XMM = 256;
const RESULT = 464;
const ENDS: Readonly<Record<number, Step['end']>> = { 4: '#UD', 5: 'done', 8: 'divide error' };

/** The CPU, in a child process. */
export class NativeSteps {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor() {
    const script = fileURLToPath(new URL('native-step-child.mjs', import.meta.url));
    this.#child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin!.on('error', () => undefined); // it has ended: the answer that does not come says so
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async #answer(): Promise<string> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('an instruction ended the child process');
    return JSON.parse(value) as string;
  }

  /** Run each instruction of `slots`, SLOT bytes each. The first call waits for the child. */
  async step({ registers, data }: CpuState, slots: Uint8Array): Promise<Step[]> {
    const state = Buffer.alloc(GIVEN.length * 8 + XMM + data.length);
    for (const [index, name] of GIVEN.entries()) state.writeBigUInt64LE(registers[name], index * 8);
    state.set(data, GIVEN.length * 8 + XMM);
    const request = { state: state.toString('base64'), codes: Buffer.from(slots).toString('base64') };
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    let answer = await this.#answer();
    if (answer === 'ready') answer = await this.#answer();
    const results = Buffer.from(answer, 'base64');
    return Array.from({ length: slots.length / SLOT }, (_, index): Step => {
      const at = index * RESULT;
      const words = SAVED.map((name, word) => [name, results.readBigUInt64LE(at + 8 + word * 8)] as const);
      return { end: ENDS[results.readUInt32LE(at)] ?? 'fault', registers: Object.fromEntries(words) };
    });
  }

  close(): void {
    this.#child.stdin!.end();
  }
}
