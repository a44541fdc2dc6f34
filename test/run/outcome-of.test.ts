// An exception is named by the instruction that raised it, in a recording and in a fast replay.
import { describe, expect, it } from 'vitest';
import { hashRecording } from '../../src/recording/file.js';
import { engineNamed } from '../../src/machine/engines.js';
import { formatOutcome } from '../../src/recording/outcome.js';
import { FastReplay } from '../../src/run/fast-replay.js';
import { outcomeOf } from '../../src/run/outcome-of.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { inTemporaryFolder, writeGuest } from '../helpers/guest-library.js';
import { callCode, machineWith } from '../helpers/small-machine.js';
import { hasUnicorn, withUnicorn } from '../helpers/unicorn.js';

const SCENARIO = `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
world:
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
steps:
  call: { call: { function: guest, arguments: [1, 2], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }
expect: {}
`;

const RANDOM = 'gives something else in each run, and runs must be equal';

const ENDS: readonly (readonly [code: readonly number[], text: string])[] = [
  [[0x31, 0xc9, 0xf7, 0xf1], 'divide error at guest+0x2: div %ecx'],
  [[0x6a, 0x00, 0x48, 0xf7, 0x3c, 0x24], 'divide error at guest+0x2: idivq (%rsp)'],
  [[0x90, 0xcc], 'breakpoint at guest+0x1: int3 stops for a debugger'],
  [[0xcc, 0x31, 0xc9, 0xf7, 0xf1], 'breakpoint at guest+0x0: int3 stops for a debugger'],
  [[0xcd, 0x03], 'breakpoint at guest+0x0: int $0x3 stops for a debugger'],
  [[0xcd, 0x80], 'software interrupt at guest+0x0: int $0x80 enters the kernel as a program does'],
  [[0x0f, 0x0b], 'invalid opcode at guest+0x0: ud2'],
  [[0x90, 0x06, 0x90], 'invalid opcode at guest+0x1: (bad)'],
  [[0x90, 0xf4], 'privileged instruction at guest+0x1: hlt halts the CPU'],
  [[0xee], 'privileged instruction at guest+0x0: out %al,(%dx) writes to a port of a device'],
  [[0x0f, 0x22, 0xd8], 'privileged instruction at guest+0x0: mov %rax,%cr3 changes a control register'],
  [[0x0f, 0x30], 'privileged instruction at guest+0x0: wrmsr changes a model-specific register'],
  [[0xeb, 0x01, 0xb8, 0xf4, 0, 0, 0], 'privileged instruction at guest+0x3: hlt halts the CPU'], // into a mov
  [[0x0f, 0x23, 0xf8], 'privileged instruction at guest+0x0: mov %rax,%db7 changes a debug register'],
  [[0xeb, 0x01, 0xb8, 0x0f, 0x31, 0, 0], `instruction that is not emulated at guest+0x3: rdtsc ${RANDOM}`],
  [[0xeb, 0x01, 0xb8, 0x0f, 0x01, 0xf9, 0], `instruction that is not emulated at guest+0x3: rdtscp ${RANDOM}`],
  [[0xeb, 0x01, 0xb8, 0x0f, 0xc7, 0xf0, 0], `instruction that is not emulated at guest+0x3: rdrand %eax ${RANDOM}`],
  [[0xeb, 0x01, 0xb8, 0x0f, 0xc7, 0xfa, 0], `instruction that is not emulated at guest+0x3: rdseed %edx ${RANDOM}`],
  [[0xeb, 0x01, 0xb8, 0xf3, 0x0f, 0xc7, 0xf9], `instruction that is not emulated at guest+0x3: rdpid %rcx ${RANDOM}`],
  [[0xeb, 0x01, 0xb8, 0xc5, 0xf8, 0x31, 0], 'invalid opcode at guest+0x3: (bad)'],
  [[0xeb, 0x01, 0xb8, 0xff, 0xd8, 0, 0], 'invalid opcode at guest+0x3: (bad)'], // ended the process
  [[0xeb, 0x01, 0xb8, 0xf0, 0x39, 0x03, 0], 'invalid opcode at guest+0x3: (bad)'],
  [[0xeb, 0x01, 0xb8, 0x0f, 0x23, 0xe8, 0], 'privileged instruction at guest+0x3: mov %rax,%db5 changes a debug register'],
]; // prettier-ignore

describe('an exception', () => {
  it.each(ENDS)('of %j is a %s', (code, text) => {
    inTemporaryFolder((library) => {
      writeGuest(library, [...code, 0xc3], SCENARIO);
      const libraries = [library];
      const scenario = loadScenario('guest', libraries);
      const { outcome } = replay(scenario, { libraries }).header;
      expect(formatOutcome(outcome)).toBe(text);
      expect(outcome).toMatchObject({ kind: 'fault', access: 'execute', size: 1 });
      using fast = new FastReplay(scenario, { libraries });
      for (let count = 0; count < 3; count += 1) expect(fast.run().outcome).toEqual(outcome);
    });
  });

  // On the host's counter, where a CPU raises #UD.
  const VEX = [0xf8, 0xf9, 0xfa, 0xfb].map((pp) => [0xc5, pp, 0x31]);
  it.each([
    ...VEX,
    ...[0x78, 0x79, 0xf8, 0xfb, 0x7c].map((last) => [0xc4, 0xe1, last, 0x31]),
    [0xc5, 0xf8, 0x01, 0xf9], // rdtscp
    [0xc5, 0xf8, 0xc7, 0xf0], // rdrand
    [0xc4, 0xe1, 0x78, 0xc7, 0xf8], // rdseed
    [0xc5, 0xf8, 0xa2], // cpuid
  ])('of an instruction with a prefix that makes it none (%#) is an invalid opcode', (...bytes) => {
    inTemporaryFolder((library) => {
      writeGuest(library, [0x90, ...bytes, 0xc3], SCENARIO);
      const libraries = [library];
      const scenario = loadScenario('guest', libraries);
      const once = replay(scenario, { libraries });
      expect(formatOutcome(once.header.outcome)).toBe('invalid opcode at guest+0x1: (bad)');
      expect(hashRecording(replay(scenario, { libraries }))).toBe(hashRecording(once));
      using fast = new FastReplay(scenario, { libraries });
      for (let count = 0; count < 2; count += 1) expect(fast.run().outcome).toEqual(once.header.outcome);
    });
  });

  // Code that the engine was not told of: it is past the instruction.
  it.each<[string, readonly number[]]>([
    ['breakpoint at guest+0x1: int3 stops for a debugger', [0x90, 0xcc]],
    ['software interrupt at guest+0x1: int $0x21 enters the kernel as a program does', [0x90, 0xcd, 0x21]],
    ['privileged instruction at guest+0x1: hlt halts the CPU', [0x90, 0xf4]],
    ['divide error at guest+0x2: div %ecx', [0x31, 0xc9, 0xf7, 0xf1]],
  ])('in other code is a %s', (text, code) => {
    using machine = machineWith(code, { stops: [] });
    const result = callCode(machine);
    expect(formatOutcome(outcomeOf(result, machine.memory, machine.symbols))).toBe(text);
  });

  it('of an instruction that an engine does not know is told as that of the engine which ran it', () => {
    inTemporaryFolder((library) => {
      writeGuest(library, [0xeb, 0x01, 0xb8, 0x66, 0x0f, 0x6f, 0xc8, 0x00], SCENARIO); // movdqa, inside of a mov
      const own = replay(loadScenario('guest', [library]), {
        libraries: [library],
        engine: engineNamed('wasm'),
      });
      expect(formatOutcome(own.header.outcome)).toMatch(
        /^instruction that is not emulated at guest\+0x3: movdqa .* "wasm"/u,
      );
    });
  });

  it.runIf(hasUnicorn)('does not depend on the interrupt flag or on reads of the CPU, under Unicorn', () => {
    inTemporaryFolder((library) => {
      writeGuest(library, [0xfa, 0xfb, 0x0f, 0x20, 0xd8, 0x9c, 0x9d, 0x31, 0xc0, 0xc3], SCENARIO); // cli; sti; mov %cr3,%rax; …
      const scenario = loadScenario('guest', [library]);
      expect(withUnicorn(() => replay(scenario, { libraries: [library] })).header.outcome).toEqual({
        kind: 'returned',
        value: '0x0',
      });
    });
  });
});
