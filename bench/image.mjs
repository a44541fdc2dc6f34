// Writes what one replay does as a plain image that a C or Python program can run: memory, then for each start of
// the engine the host's writes before it, the registers, and where it must stop. Uses the built modules.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { scenarioWith } from '../dist/check/watch/arena.js';
import { Inspector } from '../dist/check/watch/inspector.js';
import { readSubject } from '../dist/check/world/subject.js';
import { worldArbitrary } from '../dist/check/world/worlds.js';
import { DEFAULT_ENGINE } from '../dist/machine/engines.js';
import { Recorder } from '../dist/run/recorder.js';
import { Recording } from '../dist/recording/recording.js';
import { PagedMemory, WRITTEN_BLOCK } from '../dist/kernel/memory.js';
import { readParameters } from '../dist/scenario/parameters.js';
import { REGISTER_INDEX } from '../dist/x86/registers.js';
import { makeMachine } from '../dist/run/replay.js';
import { loadScenario } from '../dist/scenario/scenario.js';
import { loadRelease } from '../dist/release/snippet.js';
import { StepRunner } from '../dist/run/steps.js';
import { buildWorld } from '../dist/run/world.js';

const hex = (value) => value.toString(16);
const hexBytes = (bytes) => Buffer.from(bytes).toString('hex');
const PROTECTION = { read: 1, 'read-write': 3, 'read-execute': 5 };

/** FNV-1a over the writable bytes: all three programs must end with the same memory. */
export const hashOf = (bytes) => {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
};

const regionLines = (memory) => {
  let offset = 0;
  return memory.regions.map(({ start, size, protection }) => {
    const line = `R ${hex(start)} ${hex(size)} ${PROTECTION[protection]} ${hex(offset)}`;
    offset += size;
    return line;
  });
};

const write = (folder, memory, image, lines) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'memory.bin'), image);
  const head = [...regionLines(memory), `Z ${hex(memory.writableSize)}`];
  writeFileSync(join(folder, 'script.txt'), `${[...head, ...lines].join('\n')}\n`);
};

// The default engine, whose runs are written down: how each starts, and where it stops.
const writingEngine = (lines, starts = () => undefined) => ({
  ...DEFAULT_ENGINE,
  open: (...how) => {
    const engine = DEFAULT_ENGINE.open(...how);
    const run = engine.run.bind(engine);
    engine.run = (pc, until, budget) => {
      starts();
      lines.push(`S ${hex(pc)} ${hex(until)} ${budget} ${[...engine.registers].map(hex).join(' ')}`);
      const stop = run(pc, until, budget);
      lines.push(`E ${hex(stop.pc)}`);
      return stop;
    };
    return engine;
  },
});

/** One replay of a scenario, from a step on. */
export const exportReplay = (folder, scenarioName, from) => {
  const scenario = loadScenario(scenarioName);
  const parameters = readParameters(scenario);
  const world = buildWorld(scenario, loadRelease(scenario.spec.release), parameters);
  const { memory, gsBase } = world;
  const lines = [`G ${hex(gsBase)}`];
  const machine = makeMachine(world, { engine: writingEngine(lines) });
  const runner = new StepRunner(world, machine, parameters);
  if (from !== undefined) runner.run({ before: from });
  lines.length = 1; // what is written begins here
  const image = memory.bytes.slice();
  memory.written.fill(0);
  memory.onHostWrite = (address, bytes) => lines.push(`W ${hex(address)} ${hexBytes(bytes)}`);
  try {
    runner.run(from === undefined ? {} : { from });
  } finally {
    machine.close();
  }
  lines.push(`F ${hex(hashOf(memory.bytes.subarray(0, memory.writableSize)))}`);
  // What differs now is what a run changes: the others need put back no more than that.
  for (let at = 0; at < memory.writableSize; at += 4096) {
    const changed = Buffer.compare(memory.bytes.subarray(at, at + 4096), image.subarray(at, at + 4096)) !== 0;
    const marks = memory.written.subarray(at / WRITTEN_BLOCK, (at + 4096) / WRITTEN_BLOCK);
    const marked = marks.some((mark) => mark !== 0);
    if (changed || marked) lines.push(`P ${hex(at)}`);
  }
  write(folder, memory, image, lines);
};

/** Checks of one call in some generated worlds: for each what it may touch, and the text that it must return. */
export const exportChecks = (folder, scenarioName, candidate, count) => {
  const scenario = scenarioWith(loadScenario(scenarioName), candidate);
  const subject = readSubject(scenario);
  const world = buildWorld(scenario, loadRelease(scenario.spec.release), readParameters(scenario));
  const { memory, gsBase, allocations, heap } = world;
  const lines = [`G ${hex(gsBase)}`];
  let calling = false;
  const machine = makeMachine(world, { engine: writingEngine(lines, () => (calling = true)) });
  for (const { start, size } of new Inspector(world, subject).accesses.ranges)
    lines.push(`H ${hex(start)} ${hex(size)}`);
  const grant = ({ address, size }, rights) => {
    if (size > 0) lines.push(`A ${hex(address)} ${size} ${rights}`);
  };
  const nothing = () => undefined;
  const runner = new StepRunner(world, machine, readParameters(scenario), {
    stepStarts: nothing,
    stepEnds: nothing,
    did: nothing,
    named: nothing,
    called: () => subject.reads.forEach((name) => grant(runner.objects.get(name), 1)),
  });
  heap.observer = {
    onAllocate: ({ address, requested }) => {
      if (calling && !allocations.preparing) grant({ address, size: requested }, 3);
    },
  };
  const image = memory.bytes.slice();
  const state = runner.state();
  const cpu = machine.saveContext();
  memory.written.fill(0);
  memory.onHostWrite = (address, bytes) => lines.push(`W ${hex(address)} ${hexBytes(bytes)}`);
  const changed = new Set();
  try {
    for (const parameters of fc.sample(worldArbitrary(scenario), { numRuns: count, seed: 1 })) {
      memory.bytes.set(image);
      machine.restoreContext(cpu);
      runner.restore(state);
      runner.parameters = parameters;
      calling = false;
      lines.push('B');
      const { result } = runner.run({ from: subject.step, before: subject.again });
      const text = subject.promised(parameters);
      if (result.value !== 0n) lines.push(`T ${hex(result.value)} ${hexBytes(text)}00`);
      for (let at = 0; at < memory.writableSize; at += 4096)
        if (Buffer.compare(memory.bytes.subarray(at, at + 4096), image.subarray(at, at + 4096)) !== 0)
          changed.add(at);
    }
  } finally {
    machine.close();
  }
  for (const at of changed) lines.push(`P ${hex(at)}`);
  write(folder, memory, image, lines);
};

const TEXT = 0xffffffff81000000n;
const DATA = 0xffff880000000000n;
// 1: inc %rax; mov %rax,(%rbx); mov (%rbx),%rdx; dec %rcx; jnz 1b; ud2
const LOOP = '48ffc0488903488b1348ffc975f20f0b';

/** Machine and registers of the loop that is recorded: two accesses in five instructions. */
export const loopMachine = (rounds, observerOf) => {
  const memory = new PagedMemory([
    { start: TEXT, size: 4096, protection: 'read-execute', name: 'text' },
    { start: DATA, size: 4096, protection: 'read-write', name: 'data' },
  ]);
  memory.write(TEXT, Buffer.from(LOOP, 'hex'));
  const observer = observerOf?.(memory);
  const engine = DEFAULT_ENGINE.open(memory, observer);
  engine.registers[REGISTER_INDEX.rbx] = DATA;
  engine.registers[REGISTER_INDEX.rcx] = BigInt(rounds);
  engine.registers[REGISTER_INDEX.rflags] = 0x202n;
  engine.writeRegisters();
  return { engine, memory, observer, text: TEXT };
};

/** A recording of the loop. */
export const recordLoop = (rounds) => {
  const { engine, memory, observer, text } = loopMachine(rounds, (all) => new Recorder(all));
  engine.run(text, 0n, rounds * 5);
  const data = observer.finish(engine.registers);
  engine.close();
  const regions = memory.regions.map((region) => ({ ...region, start: `0x${hex(region.start)}` }));
  return new Recording(
    { release: 'none', symbols: [], regions, world: [], objects: [], steps: [], events: [] },
    data,
  );
};

/** The loop. */
export const exportLoop = (folder, rounds) => {
  const { engine, memory, text } = loopMachine(rounds);
  const image = memory.bytes.slice();
  const start = `S ${hex(text)} 0 ${rounds * 6} ${[...engine.registers].map(hex).join(' ')}`;
  const { pc } = engine.run(text, 0n, rounds * 6);
  const end = hex(hashOf(memory.bytes.subarray(0, memory.writableSize)));
  engine.close();
  write(folder, memory, image, ['G 0', start, `E ${hex(pc)}`, `F ${end}`, 'P 0']);
};
