// What a command line of the built program uses: CPU time of all its processes, and memory of the largest one. Neither
// depends on what else the machine does.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtMain } from './built.js';

const preload = fileURLToPath(new URL('./measure.cjs', import.meta.url));

/** How a command line went. */
export interface Measured {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last of it, at most some thousand characters. */
  readonly stderr: string;
  /** User and system time, in seconds. */
  readonly cpu: number;
  /** Peak of the largest process, in MiB. */
  readonly memory: number;
}

const KEPT = 4000;

// Where there is a shell, one that goes on for ever ends there and not with the test's patience.
const limited = (seconds: number, command: readonly string[]): readonly string[] =>
  process.platform === 'win32'
    ? command
    : ['/bin/sh', '-c', 'ulimit -t "$1"; shift; exec "$@"', 'sh', String(Math.ceil(seconds)), ...command];

/** @param most seconds of CPU time after which a process is killed */
export const measure = async (
  args: readonly string[],
  { stdin, most, cwd }: { readonly stdin?: string | undefined; readonly most: number; readonly cwd: string },
): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), 'oopslab-measure-'));
  try {
    const [command, ...rest] = limited(most, [process.execPath, builtMain, ...args]);
    const child = spawn(command!, rest, {
      cwd,
      env: {
        ...process.env,
        NODE_OPTIONS: `--require ${preload}`,
        OOPSLAB_MEASURE: folder,
        OOPSLAB_STATE: cwd,
      },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-KEPT)));
    child.stdin.on('error', () => undefined).end(stdin ?? '');
    const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      child.once('close', (code, how) => resolve([code, how])),
    );
    const uses = readdirSync(folder).map(
      (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { cpu: number; memory: number },
    );
    return {
      status,
      signal,
      stderr,
      cpu: uses.reduce((sum, { cpu }) => sum + cpu, 0),
      memory: uses.reduce((most, { memory }) => Math.max(most, memory), 0),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
