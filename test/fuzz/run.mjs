// A campaign of hostile inputs: npm run fuzz -- --reader NAME --count N --seed S. Each input goes to the reader in a process
// of its own; one that uses 20 s of CPU time for an input, or dies, is a finding, and the campaign goes on after it.
// Prints counts per reader; the exit code is 1 when there is a finding.
//
//   --reader NAME    one of the folders of test/corpus/; all of them without it
//   --count N        inputs; of all readers together, in the shares below, without --reader
//   --seed S         other inputs
//   --guided N       so many of a reader's inputs are guided by coverage; without it a tenth, 5,000 at most
//   --folder DIR     where findings go, and inputs that reached new code; in the folder for temporary files without it

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync, copyFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';

// Parts of a million that each reader gets: those that are quick to read get more.
const SHARES = {
  expression: 110_000, 'crash-commands': 110_000, 'serve-request': 150_000, progress: 100_000, shard: 80_000, arguments: 40_000, lesson: 80_000,
  snippet: 80_000, object: 60_000, decode: 50_000, 'step-script': 30_000, recording: 20_000, scenario: 29_000, library: 900, source: 100, case: 20_000, image: 40_000,
}; // prettier-ignore
const CPU_SECONDS = 20;
const TICKS = 100; // of /proc, in a second

const { values: options } = parseArgs({
  options: {
    reader: { type: 'string' },
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    guided: { type: 'string' },
    folder: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = resolve(options.folder ?? mkdtempSync(join(tmpdir(), 'oopslab-fuzz-')));
mkdirSync(folder, { recursive: true });

// The code of the campaign, with the compiled modules of oopslab as they are: coverage names them.
const bundleWorker = async () => {
  const into = join(root, 'node_modules/.cache/oopslab-fuzz', String(process.pid), 'test');
  const src = join(root, 'src');
  const toDist = {
    name: 'compiled',
    resolveId(id, importer) {
      if (!id.startsWith('.') || importer === undefined) return undefined;
      const file = resolve(dirname(importer), id);
      return file.startsWith(src)
        ? { id: join(root, 'dist', relative(src, file)), external: 'absolute' }
        : undefined;
    },
  };
  const bundle = await rolldown({
    cwd: root, input: './test/fuzz/worker.ts', platform: 'node', plugins: [toDist], external: (id) => !/^[./]/u.test(id), logLevel: 'warn',
  }); // prettier-ignore
  await bundle.write({ dir: into, format: 'esm', entryFileNames: 'worker.mjs', codeSplitting: false });
  await bundle.close();
  return join(into, 'worker.mjs');
};

const cpuOf = (pid) => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /u, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return 0;
  }
};

const runPart = (worker, reader, count, seed) =>
  new Promise((settle) => {
    const guided = options.guided ?? String(Math.min(5000, Math.ceil(count / 10)));
    const args = [
      '--expose-gc',
      worker,
      reader,
      String(count),
      String(seed),
      guided,
      folder,
      join(root, 'test/corpus'),
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let [done, since, end, said, late] = [0, 0, undefined, '', false];
    child.stderr.on('data', (part) => (said = (said + part).slice(-2000)));
    child.on('message', (message) => {
      if (message.finding !== undefined)
        console.log(`FINDING ${reader}: ${message.finding}\n  ${message.file}`);
      if (message.done !== undefined) [done, since] = [message.done, cpuOf(child.pid)];
      if (message.end === true) end = message;
    });
    // 200 inputs are at most between two messages.
    const current = join(folder, `current-${reader}-${seed}`);
    let last = '';
    let lastCpu = 0;
    const timer = setInterval(() => {
      const now = existsSync(current) ? readFileSync(current).toString('latin1') : '';
      const cpu = cpuOf(child.pid);
      if (now !== last) [last, lastCpu] = [now, cpu];
      else if (cpu - Math.max(lastCpu, since) > CPU_SECONDS) {
        late = true;
        child.kill('SIGKILL');
      }
    }, 1000);
    child.on('exit', (status, signal) => {
      clearInterval(timer);
      if (end !== undefined && status === 0) return settle({ ...end });
      const file = join(folder, `death-${reader}-${seed}`);
      if (existsSync(current)) copyFileSync(current, file);
      const how = late ? `used ${CPU_SECONDS} s of CPU time` : `ended with ${signal ?? `status ${status}`}`;
      console.log(`FINDING ${reader}: ${how}\n  ${file}\n${said}`);
      writeFileSync(`${file}.txt`, `${how}\n${said}`);
      return settle({
        done: Math.max(1, done),
        findings: 1,
        answers: 0,
        refusals: 0,
        seconds: 0,
        died: true,
      });
    });
  });

const runReader = async (worker, reader, count) => {
  const sum = { tries: 0, findings: 0, answers: 0, refusals: 0, seconds: 0, blocks: 0, peak: 0 };
  for (
    let seed = Number(options.seed);
    sum.tries < count && seed < Number(options.seed) + 50 * 1000;
    seed += 1000
  ) {
    const part = await runPart(worker, reader, count - sum.tries, seed);
    sum.tries += part.done;
    for (const name of ['findings', 'answers', 'refusals', 'seconds']) sum[name] += part[name];
    for (const name of ['blocks', 'peak']) sum[name] = Math.max(sum[name], part[name] ?? 0);
    if (part.heap !== undefined) sum.heap = part.heap.join(' ');
  }
  const { tries, findings, answers, refusals, seconds, blocks, peak, heap } = sum;
  console.log(
    `${reader}: ${tries} tries, ${findings} findings, seed ${options.seed}; ${answers} answers, ${refusals} refusals; ` +
      `${seconds} s of CPU time, ${blocks} blocks, peak ${peak} MiB, heap ${heap ?? ''}`,
  );
  return sum;
};

const worker = await bundleWorker();
const total = Number(options.count);
const wanted =
  options.reader === undefined
    ? Object.entries(SHARES).map(([name, share]) => [name, Math.ceil((share * total) / 1e6)])
    : [[options.reader, total]];
let [tries, findings] = [0, 0];
for (const [name, count] of wanted) {
  const sum = await runReader(worker, name, count);
  tries += sum.tries;
  findings += sum.findings;
}
console.log(
  `${tries} tries, ${findings} findings, seed ${options.seed}; findings and inputs that reached new code are in ${folder}`,
);
process.exitCode = findings === 0 ? 0 : 1;
