// The benchmarks: npm run bench. Each trial runs in its own process, beside a C program on libunicorn and the Python
// binding, where installed, doing the same work in the same run. Writes bench/results.md; --quick only prints, and so does
// --only NAME,NAME with some of the figures: replays, checks, recording, lineage, cold, why, crash, decode.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem, type as systemType, release as systemRelease } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatVersion, loadLibunicorn } from '../dist/machine/library.js';
import { exportChecks, exportLoop, exportReplay } from './image.mjs';
import { writeLog } from './log.mjs';

const quick = process.argv.includes('--quick');
const only = process.argv.includes('--only')
  ? process.argv[process.argv.indexOf('--only') + 1].split(',')
  : undefined;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'oopslab-bench-'));
const at = (name) => join(temporary, name);
const note = (text) => process.stderr.write(`bench: ${text}\n`);

const TRIALS = quick ? 1 : 7;
const SECONDS = quick ? 0.4 : 1.5;
const ROUNDS = quick ? 50_000 : 400_000; // of the loop; Python runs fewer, its rate does not depend on their number
const PYTHON_ROUNDS = quick ? 1000 : 10_000;
const COLD_TRIALS = quick ? 3 : 15;

const run = (command, args) => spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 });

const runOrFail = (command, args) => {
  const result = run(command, args);
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.error ?? result.stderr}`);
  return result;
};

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const statistics = (values) => ({
  median: median(values),
  low: Math.min(...values),
  high: Math.max(...values),
});

// --- contenders ------------------------------------------------------------------------------------------------

const compileNative = () => {
  const { status, error, stderr } = run('gcc', ['-O2', '-o', at('native'), here('native.c'), '-lunicorn']);
  if (status === 0) return [at('native')];
  note(`no C program: ${error === undefined ? stderr.split('\n')[0] : 'gcc is not installed'}`);
  return undefined;
};

const findPython = () => {
  const found = ['/usr/bin/python3', 'python3'].find(
    (python) => run(python, ['-c', 'import unicorn']).status === 0,
  );
  if (found !== undefined) return [found, here('binding.py')];
  note('no Python binding: the package python3-unicorn is not installed');
  return undefined;
};

const firstLine = (command, args) => run(command, args).stdout?.split('\n')[0]?.trim() ?? '';

// --- figures ---------------------------------------------------------------------------------------------------

const ENGINES = ['unicorn', 'wasm'];

const NODE = [process.execPath, here('node.mjs')];

const nodeOn = (engine) => {
  const choose = `data:text/javascript,process.env.OOPSLAB_ENGINE='${engine}'`;
  return [process.execPath, '--import', choose, here('node.mjs')];
};

// The contenders' trials alternate, so that a slow moment of the machine affects all of them.
const compare = (contenders, trials, measure) => {
  const values = new Map(contenders.map(([name]) => [name, []]));
  for (let trial = 0; trial < trials; trial += 1) {
    for (const [name, command, ...rest] of contenders) values.get(name).push(measure(command, ...rest));
  }
  return values;
};

const json = ([command, ...first], ...args) => JSON.parse(runOrFail(command, [...first, ...args]).stdout);

const present = (contenders) => contenders.filter(([, command]) => command !== undefined);

const COLD_NODE = `data:text/javascript,process.on('exit',()=>process.stderr.write('maxrss '+process.resourceUsage().maxRSS+'\\n'))`;

const BARE = ['node without a program', [process.execPath, '--import', COLD_NODE, '-e', 'console.log(1)']];

const cold = ([command, ...args]) => {
  const start = performance.now();
  const { stdout, stderr } = runOrFail(command, args);
  const wall = performance.now() - start;
  if (stdout.length === 0) throw new Error(`${command} printed nothing`);
  return { wall, memory: Number(/maxrss (\d+)/u.exec(stderr)?.[1]) / 1024 };
};

const format = (value, digits = 0) =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });

/** Rows of one table: each contender's figure, and its ratio to the C program's, otherwise to the first one's. */
const table = (values, unit, pick, { digits = 0, lessIsBetter = false } = {}) => {
  const rows = [...values].map(([name, results]) => [name, statistics(results.map(pick))]);
  const base = rows.find(([name]) => name.startsWith('C ')) ?? rows[0];
  const lines = rows.map(([name, { median: middle, low, high }]) => {
    const ratio = lessIsBetter ? base[1].median / middle : middle / base[1].median;
    return `| ${name} | ${format(middle, digits)} | ${format(low, digits)} to ${format(high, digits)} | ${ratio.toPrecision(2)} |`;
  });
  return [`| ${unit} | median | spread | ratio to ${base[0]} |`, '|---|---|---|---|', ...lines].join('\n');
};

const verdict = (met, text) => `Target: ${text}. ${met ? 'Met.' : '**Not met.**'}`;

const measureReplays = (native, python) => {
  exportReplay(at('mount'), 'shm-close-bug', 'mount');
  const contenders = present([
    ...ENGINES.map((engine) => [`oopslab, ${engine}`, nodeOn(engine)]),
    ['C on libunicorn', native],
    ['Python binding', python],
  ]);
  const values = compare(contenders, TRIALS, (command) =>
    json(command, 'replay', at('mount'), String(SECONDS)),
  );
  const of = (engine) => values.get(`oopslab, ${engine}`);
  const { starts, hash } = of('wasm')[0];
  const putBack = ENGINES.map(
    (engine) => `${format(of(engine)[0].putBack / 1024, 1)} KiB with \`${engine}\``,
  );
  for (const { hash: other } of [...values.values()].flat()) {
    if (other !== undefined && other !== hash) throw new Error('the programs end with different memory');
  }
  const rate = (engine) => median(of(engine).map((result) => result.rate));
  return [
    '## Full replays without recording',
    `\`shm-close-bug\` from \`mount\` on: put back memory (${putBack.join(', ')}: what the host, or the guest, wrote, by blocks or by pages; the others need only the pages that this run changes) and the whole CPU, the host's operations, the machine code of mount and exit with its stubs, delivery of the trap, and the typed outcome. **${starts} starts of the engine per replay.** C and Python play back the host's writes and the stubs' results instead of computing them: they have neither the allocator nor the scenario. All end with the same memory.`,
    table(values, 'replays per second', (result) => result.rate),
    verdict(
      rate('wasm') >= 100_000 && rate('unicorn') >= 50_000,
      '100,000 per second on one core with `wasm`, 50,000 with `unicorn`',
    ),
  ].join('\n\n');
};

const measureRecording = (native, python) => {
  exportLoop(at('loop'), ROUNDS);
  exportLoop(at('short-loop'), PYTHON_ROUNDS);
  const contenders = present([
    ...ENGINES.map((engine) => [`oopslab, ${engine}`, nodeOn(engine), 'loop']),
    ['C on libunicorn', native, 'loop'],
    ['Python binding', python, 'short-loop'],
  ]);
  const values = compare(contenders, TRIALS, (command, folder) =>
    json(command, 'record', at(folder), String(SECONDS), String(ROUNDS)),
  );
  const rate = (engine) => median(values.get(`oopslab, ${engine}`).map((result) => result.rate));
  const whole = compare(
    ENGINES.map((engine) => [engine, nodeOn(engine)]),
    TRIALS,
    (command) => json(command, 'recording', '-', '0'),
  );
  return [
    '## Recorded instructions',
    `A loop of five instructions with a read and a write, ${format(ROUNDS)} rounds (Python ${format(PYTHON_ROUNDS)}): all 18 registers before each instruction, kept as differences, and each access with its old and new bytes. The engine \`unicorn\` calls the recorder for each of them, \`wasm\` writes them down by itself. The Python binding of Unicorn 2.0 reads registers one by one. oopslab and C: the best of three in each process; Python: one.`,
    table(values, 'instructions per second', (result) => result.rate),
    verdict(
      rate('wasm') >= 10_000_000 && rate('unicorn') >= 1_500_000,
      '10 million per second with `wasm`, 1.5 million with `unicorn`',
    ),
    'A whole `replay()` of `shm-close-bug`, world and engine included, the best of 20 in each process:',
    table(whole, 'milliseconds', (result) => result.milliseconds, { digits: 1, lessIsBetter: true }),
  ].join('\n\n');
};

const HOLDS = ['terminate-first', 'zeroed-allocation', 'copy-the-nul', 'bounded-conversion'];
const MILLION_BLOCKS = quick ? 20 : 1000; // of 1,000 worlds
const JOB_RUNS = quick ? 20_000 : 200_000;

const measureChecks = (native, python) => {
  exportChecks(
    at('checks'),
    'mount-arena',
    { name: 'it', variants: { cifs_build_path_to_root: HOLDS[0] } },
    400,
  );
  const contenders = present([
    ...ENGINES.flatMap((engine) => [
      [`oopslab, ${engine}`, nodeOn(engine), HOLDS[0]],
      [`oopslab, ${engine}, accesses not watched`, nodeOn(engine), `${HOLDS[0]}:unwatched`],
      [`oopslab, ${engine}, thorough`, nodeOn(engine), `${HOLDS[0]}:thorough`],
    ]),
    ['C on libunicorn', native],
    ['Python binding', python],
    ...HOLDS.slice(1).map((variant) => [`oopslab, wasm, ${variant}`, nodeOn('wasm'), variant]),
  ]);
  const values = compare(contenders, TRIALS, (command, variant = '') =>
    json(command, 'check', at('checks'), String(SECONDS), variant),
  );
  const memoryOf = (engine) =>
    json(nodeOn(engine), 'million', '-', '0', String(MILLION_BLOCKS))
      .memory.map((size) => format(size))
      .join(', ');
  const slowest = Math.min(
    ...HOLDS.map((variant, index) =>
      median(values.get(index === 0 ? 'oopslab, wasm' : `oopslab, wasm, ${variant}`).map(({ rate }) => rate)),
    ),
  );
  const jobs = compare(
    ENGINES.flatMap((engine) =>
      [1, cpus().length].map((count) => [`${engine}, --jobs ${count}`, engine, count]),
    ),
    Math.min(3, TRIALS),
    (engine, count) => {
      const { wall } = cold([
        process.execPath,
        here('../dist/program/main.js'),
        'check',
        'terminate-before-convert',
        '--runs',
        String(JOB_RUNS),
        '--json',
        '--engine',
        engine,
        '--jobs',
        String(count),
        '--counterexamples',
        at('counterexamples'),
      ]);
      return { rate: (1000 * JOB_RUNS) / wall };
    },
  );
  return [
    '## Checked worlds',
    `Worlds of \`mount-arena\` with candidates that hold (the first rows: \`terminate-before-convert\`), on one core. oopslab generates each world, lays it out, runs the call, looks at every access of the guest outside its stack byte by byte, compares the result with the promised one, and in every eighth world runs the later readers too; thorough, all that a share of the worlds gets comes with each. C and Python play back 400 such worlds, laid out beforehand: they put back the same memory, look at the same accesses and compare the same text; they have no generator, no allocator and no later readers.`,
    table(values, 'worlds per second', (result) => result.rate),
    ...ENGINES.map(
      (engine) =>
        `Memory of the process with \`${engine}\` after each tenth of ${format(MILLION_BLOCKS * 1000)} worlds, MiB: ${memoryOf(engine)}.`,
    ),
    `A whole \`check\` of ${format(JOB_RUNS)} worlds of the same candidate, its start included, with one worker and with one for each core:`,
    table(jobs, 'worlds per second', (result) => result.rate),
    verdict(slowest >= 20_000, '20,000 per second on one core with `wasm`, with everything watched'),
  ].join('\n\n');
};

const LINEAGE_ROUNDS = 200_000; // of five instructions

const measureLineage = () => {
  const trials = Array.from({ length: Math.min(3, TRIALS) }, () =>
    json(NODE, 'lineage', '-', '0', String(LINEAGE_ROUNDS)),
  );
  const of = (name) => median(trials.map((trial) => trial[name]));
  const memory = Math.max(...trials.map((trial) => trial.memory));
  return [
    '## Lineage',
    `Every byte of registers and memory followed over a recording. \`shm-close-bug\`: ${format(of('again'), 1)} ms as it ran, ${format(of('analyst'), 1)} ms as an analyst sees it (best of ten); the first one in a process, which loads the disassembler and the manifests, ${format(of('first'))} ms. The loop above, ${format(of('instructions'))} instructions: ${format(of('long') / 1000, 1)} s, and ${format(memory)} MiB at most in that process, recording included.`,
    verdict(
      of('again') < 100 && of('long') < 5000 && memory < 1024,
      'the published case under 100 ms; a million instructions under 5 s and under 1 GiB',
    ),
  ].join('\n\n');
};

const measureCold = (native, python) => {
  const cli = here('../dist/program/main.js');
  if (!existsSync(cli))
    return '## `oopslab oops` from a cold start\n\nNot measured: there is no dist/program/main.js.';
  exportReplay(at('all'), 'shm-close-bug');
  const contenders = present([
    ['oopslab', [process.execPath, '--import', COLD_NODE, cli, 'oops']],
    ['C on libunicorn', native && [...native, 'cold', at('all'), '0']],
    ['Python binding', python && [...python, 'cold', at('all'), '0']],
    BARE,
  ]);
  const values = compare(contenders, COLD_TRIALS, cold);
  const ours = values.get('oopslab');
  const wall = median(ours.map((result) => result.wall));
  const memory = Math.max(...ours.map((result) => result.memory));
  return [
    '## `oopslab oops` from a cold start',
    'A new process each time, files in the page cache. oopslab reads the scenario and the snippets, builds the world, records the run and prints the oops; C and Python load the finished image, play the run and print the registers. The last row is Node itself.',
    table(values, 'milliseconds', (result) => result.wall, { lessIsBetter: true }),
    table(values, 'peak memory, MiB', (result) => result.memory, { lessIsBetter: true }),
    verdict(wall < 300 && memory < 150, 'under 300 ms and under 150 MiB'),
  ].join('\n\n');
};

const WHY_ROUNDS = 200_000; // of five instructions

const measureWhy = () => {
  const cli = here('../dist/program/main.js');
  const values = compare(
    [BARE, ['oopslab why', [process.execPath, '--import', COLD_NODE, cli, 'why']]],
    COLD_TRIALS,
    cold,
  );
  const wallOf = (name) => median(values.get(name).map(({ wall }) => wall));
  const ratio = wallOf('oopslab why') / wallOf(BARE[0]);
  const trials = Array.from({ length: Math.min(3, TRIALS) }, () =>
    json(NODE, 'why', '-', '0', String(WHY_ROUNDS)),
  );
  const of = (name) => median(trials.map((trial) => trial[name]));
  return [
    '## `oopslab why`',
    'A new process each time: it runs `shm-close-bug` and its control and prints the chain.',
    table(values, 'milliseconds', (result) => result.wall, { lessIsBetter: true }),
    `The loop above, ${format(of('instructions'))} instructions, recorded: the chain of a register at its end takes ${format(of('chain') / 1000, 1)} s of CPU time, its whole slice, with nearly every instruction in it, ${format(of('slice') / 1000, 1)} s.`,
    verdict(ratio <= 4 && of('chain') < 2000, 'at most 4 times Node; a million instructions under 2 s'),
  ].join('\n\n');
};

const CRASH_COMMANDS = ['bt -FF', 'dis -lr shm_close+62', 'kmem -s', 'search 0xffff88037a645680'];

const measureCrash = () => {
  const cli = here('../dist/program/main.js');
  const contenders = [
    BARE,
    ...CRASH_COMMANDS.map((command) => [
      `\`${command}\``,
      [process.execPath, '--import', COLD_NODE, cli, 'crash', '-c', command],
    ]),
  ];
  const values = compare(contenders, COLD_TRIALS, cold);
  const slowest = Math.max(...[...values.values()].map((results) => median(results.map(({ wall }) => wall))));
  return [
    '## `oopslab crash -c` from a cold start',
    'A new process each time: it records the run of `shm-close-bug` and answers one command.',
    table(values, 'milliseconds', (result) => result.wall, { lessIsBetter: true }),
    verdict(slowest < 300, 'under 300 ms each'),
  ].join('\n\n');
};

const LOG_BYTES = 100 * 2 ** 20;
const LOG_REPORTS = 10;

const measureDecode = () => {
  const cli = here('../dist/program/main.js');
  const oops = runOrFail(process.execPath, [cli, 'oops', '--full']).stdout;
  writeFileSync(at('oops.txt'), oops);
  writeLog(at('console.log'), LOG_BYTES, oops.trimEnd().split('\n'), LOG_REPORTS);
  const node = [process.execPath, '--import', COLD_NODE, cli, 'decode'];
  const one = compare(
    [
      BARE,
      ['one report', [...node, at('oops.txt')]],
      ['the same with `--code shm_close`', [...node, at('oops.txt'), '--code', 'shm_close']],
    ],
    COLD_TRIALS,
    cold,
  );
  const log = compare([['100 MiB', [...node, at('console.log')]]], Math.min(3, TRIALS), cold);
  const { reports } = json([process.execPath, cli], 'decode', at('console.log'), '--json');
  if (reports.length !== LOG_REPORTS) throw new Error(`${reports.length} reports were found in the log`);
  const start = median(one.get('one report').map(({ wall }) => wall));
  const wall = median(log.get('100 MiB').map((result) => result.wall));
  const memory = Math.max(...log.get('100 MiB').map((result) => result.memory));
  return [
    '## `oopslab decode` from a cold start',
    'A new process each time, files in the page cache. One report: the output of `oopslab oops --full`. The log: 100 MiB of syslog with the same report ten times; all ten are found.',
    table(new Map([...one, ...log]), 'milliseconds', (result) => result.wall, { lessIsBetter: true }),
    table(new Map([...one, ...log]), 'peak memory, MiB', (result) => result.memory, { lessIsBetter: true }),
    verdict(
      start < 300 && wall < 5000 && memory < 200,
      'one report under 300 ms; the log under 5 s and under 200 MB',
    ),
  ].join('\n\n');
};

const main = () => {
  const native = compileNative();
  const python = findPython();
  const started = performance.now();
  note(`${TRIALS} trials of ${SECONDS} s each`);
  const measures = [
    measureReplays,
    measureChecks,
    measureRecording,
    measureLineage,
    measureCold,
    measureWhy,
    measureCrash,
    measureDecode,
  ].filter(({ name }) => only?.includes(name.replace('measure', '').toLowerCase()) ?? true);
  const figures = measures.map((measure) => {
    const text = measure(native, python);
    note(`${text.split('\n')[0].slice(3)}: done after ${format((performance.now() - started) / 1000)} s`);
    return text;
  });
  const [cpu] = cpus();
  const machine = [
    [
      'machine',
      `${cpu.model}, ${cpus().length} cores, ${format(totalmem() / 2 ** 30, 1)} GiB, ${systemType()} ${systemRelease()}`,
    ],
    ['date', new Date().toISOString().slice(0, 10)],
    ['command', '`npm run bench`'],
    ['Node', process.version],
    ['Unicorn', formatVersion(loadLibunicorn().version)],
    ['C', native === undefined ? 'not installed' : firstLine('gcc', ['--version'])],
    [
      'Python',
      python === undefined
        ? 'not installed'
        : `${firstLine(python[0], ['--version'])}, binding ${firstLine(python[0], ['-c', 'import unicorn; print(unicorn.__version__)'])}`,
    ],
  ].map(([name, value]) => `| ${name} | ${value} |`);
  const text = [
    '# Benchmark results',
    'Written by `npm run bench`. Absolute figures drift with the machine; the ratios were taken in one run, the contenders in turns, each trial in a process of its own. Rates are per second of CPU time, of all threads of the process; times are by the clock, and so is what `--jobs` makes of a check.',
    ['| | |', '|---|---|', ...machine].join('\n'),
    ...figures,
    '## Not measured\n\nOther scenarios, other versions of Unicorn than the one above, and disks: all files were in the page cache.',
  ].join('\n\n');
  process.stdout.write(`${text}\n`);
  if (!quick && only === undefined) writeFileSync(here('results.md'), `${text}\n`);
};

try {
  main();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
