// One trial, run in its own process: node bench/node.mjs replay|record|check|… FOLDER SECONDS. Prints one JSON line.

import { Arena } from '../dist/check/watch/arena.js';
import { runBlock } from '../dist/check/find/campaign.js';
import { FastReplay } from '../dist/run/fast-replay.js';
import { lineageOf } from '../dist/lineage/lineage.js';
import { Case } from '../dist/reading/case.js';
import { Recorder } from '../dist/run/recorder.js';
import { replay } from '../dist/run/replay.js';
import { loadScenario } from '../dist/scenario/scenario.js';
import { WhyCase } from '../dist/why/why.js';
import { hashOf, loopMachine, recordLoop } from './image.mjs';

const [, , mode, , secondsText, rounds] = process.argv;
const limit = Number(secondsText) * 1000;

// CPU time of this process in milliseconds, its threads included: what rates are per, whatever else the machine does.
const cpuTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Calls `work` until the time is over, a quarter of it first without counting. */
const measure = (work) => {
  let perCall = 0;
  const until = (end) => {
    const start = cpuTime();
    let done = 0;
    while (cpuTime() - start < end) {
      for (let index = 0; index < 100; index += 1) work();
      done += 100;
    }
    perCall = (cpuTime() - start) / done;
  };
  until(limit / 4);
  until(limit);
  return 1000 / perCall;
};

const trials = {
  replay: () => {
    const fast = new FastReplay(loadScenario('shm-close-bug'), { from: 'mount' });
    fast.run();
    const before = fast.engineStarts;
    fast.run();
    const starts = fast.engineStarts - before;
    const parameters = fast.parameters(new Map());
    const rate = measure(() => {
      if (fast.run(parameters).outcome.kind !== 'bug') throw new Error('another outcome');
    });
    const end = hashOf(fast.memory.bytes.subarray(0, fast.memory.writableSize));
    const putBack = fast.bytesPutBack;
    fast.close();
    return { rate, starts, putBack, hash: end.toString(16) };
  },
  // Whole blocks, the generation of worlds included; `rounds` is the candidate's variant, or none.
  check: () => {
    const scenario = loadScenario('mount-arena');
    const [variant, mode] = rounds.split(':');
    const candidate = { name: variant, variants: { cifs_build_path_to_root: variant } };
    const arena = new Arena(scenario, candidate, {
      watched: mode !== 'unwatched',
      thorough: mode === 'thorough',
    });
    let block = 0;
    const work = (end) => {
      const start = cpuTime();
      let done = 0;
      while (cpuTime() - start < end) {
        done += runBlock(arena, 1, (block += 1), 1e9).runs;
      }
      return (1000 * done) / (cpuTime() - start);
    };
    work(limit / 4);
    const rate = work(limit);
    arena.close();
    return { rate };
  },
  // A million worlds: what they add to memory.
  million: () => {
    const variants = { cifs_build_path_to_root: 'terminate-first' };
    const arena = new Arena(loadScenario('mount-arena'), { name: 'terminate-first', variants });
    const memory = [];
    for (let block = 0; block < Number(rounds); block += 1) {
      runBlock(arena, 1, block, 1e9);
      if ((block + 1) % (Number(rounds) / 10) === 0) memory.push(process.memoryUsage().rss / 2 ** 20);
    }
    arena.close();
    return { memory };
  },
  record: () => {
    let best = 0;
    for (let trial = 0; trial < 3; trial += 1) {
      const { engine, observer, text } = loopMachine(Number(rounds), (memory) => new Recorder(memory));
      const start = cpuTime();
      engine.run(text, 0n, Number(rounds) * 6);
      const seconds = (cpuTime() - start) / 1000;
      best = Math.max(best, observer.instructions / seconds);
      engine.close();
    }
    return { rate: best };
  },
  recording: () => {
    const scenario = loadScenario('shm-close-bug');
    replay(scenario);
    let best = Infinity;
    for (let trial = 0; trial < 20; trial += 1) {
      const start = performance.now();
      replay(scenario);
      best = Math.min(best, performance.now() - start);
    }
    return { milliseconds: best };
  },
  lineage: () => {
    const published = replay(loadScenario('shm-close-bug'));
    const time = (recording, options) => {
      const start = performance.now();
      lineageOf(recording, options);
      return performance.now() - start;
    };
    const first = time(published);
    const again = Math.min(...Array.from({ length: 10 }, () => time(published)));
    const analyst = Math.min(...Array.from({ length: 10 }, () => time(published, { view: 'analyst' })));
    const loop = recordLoop(Number(rounds));
    const long = time(loop);
    const memory = process.resourceUsage().maxRSS / 1024;
    return { first, again, analyst, long, memory, instructions: loop.instructions };
  },
  why: () => {
    const recording = recordLoop(Number(rounds));
    const time = (ask) => {
      const start = cpuTime();
      ask(new WhyCase(new Case(recording)));
      return cpuTime() - start;
    };
    const chain = time((why) => why.explain(why.place('rax')));
    const slice = time((why) => why.slice(why.place('rax')));
    return { chain, slice, instructions: recording.instructions };
  },
};

console.log(JSON.stringify(trials[mode]()));
