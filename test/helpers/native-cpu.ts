// Machine code on this machine's own CPU, in a child process: a fault there ends the child, not the test run.
// Knows nothing of what the code does.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Whether this machine can run the snippets. */
export const native = process.platform === 'linux' && process.arch === 'x64';

/** A function and the kernel address that it belongs to. */
export interface NativeCode {
  readonly name: string;
  readonly at: bigint;
  readonly bytes: Uint8Array;
}

const answerOf = async (answers: AsyncIterator<string>): Promise<Record<string, string>> => {
  const { value, done } = await answers.next();
  if (done === true) throw new Error('the machine code ended the child process');
  return JSON.parse(value) as Record<string, string>;
};

/** A child process with some code in it. */
export class NativeCpu {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  /** Address of the memory that every call gets: 64 KiB, of which those not given are zero. */
  readonly base: bigint;

  private constructor(child: ChildProcess, answers: AsyncIterator<string>, base: bigint) {
    this.#child = child;
    this.#answers = answers;
    this.base = base;
  }

  static async start(): Promise<NativeCpu> {
    const script = fileURLToPath(new URL('native-child.mjs', import.meta.url));
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin!.on('error', () => undefined); // it has ended: the answer that does not come says so
    const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const { data } = await answerOf(answers);
    return new NativeCpu(child, answers, BigInt(data!));
  }

  async #ask(request: object): Promise<Record<string, string>> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    return answerOf(this.#answers);
  }

  /** Put code somewhere, as far apart as its kernel addresses are: what is called relatively is found. Once. */
  async place(code: readonly NativeCode[]): Promise<void> {
    await this.#ask({
      do: 'place',
      code: code.map(({ name, at, bytes }) => ({ name, at: at.toString(), bytes: [...bytes] })),
    });
  }

  /** Call a function, by name, with `memory` at `base`. */
  async call(
    name: string,
    memory: Uint8Array,
    ...args: bigint[]
  ): Promise<{ result: bigint; memory: Uint8Array }> {
    const answer = await this.#ask({
      do: 'call',
      name,
      memory: Buffer.from(memory).toString('base64'),
      args: [0, 1, 2].map((index) => (args[index] ?? 0n).toString()),
    });
    return {
      result: BigInt(answer['result']!),
      memory: Uint8Array.from(Buffer.from(answer['memory']!, 'base64')),
    };
  }

  close(): void {
    this.#child.stdin!.end();
  }
}
