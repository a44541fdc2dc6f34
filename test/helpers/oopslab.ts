// The command line, run in this process: no build, no start of Node.
import { Readable, Writable } from 'node:stream';
import { main } from '../../src/cli/program.js';

/** What is around a command line. */
interface Around {
  /** Standard input. */
  readonly stdin?: string | Uint8Array;
  readonly cwd?: string;
  /** Variables of the environment besides those of the tests; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Says that stdin, stdout and stderr are a terminal of so many columns. */
  readonly columns?: number;
}

const setEnv = (env: NonNullable<Around['env']>): void => {
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
};

/** Run one command line. Folder and environment are those of the process, so never two at a time. */
export const oopslab = async (
  args: readonly string[],
  { stdin = '', cwd, env = {}, columns }: Around = {},
) => {
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  const output = () => {
    const chunks: Buffer[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });
    return { stream: Object.assign(stream, terminal), text: () => Buffer.concat(chunks).toString() };
  };
  const [stdout, stderr] = [output(), output()];
  const before = process.cwd();
  const kept = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  try {
    if (cwd !== undefined) process.chdir(cwd);
    setEnv(env);
    const status = await main(args, {
      stdin: Object.assign(Readable.from([Buffer.from(stdin)]), terminal),
      stdout: stdout.stream,
      stderr: stderr.stream,
    });
    return { status, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    process.chdir(before);
    setEnv(kept);
  }
};
