// What one recording takes: a run that makes more accesses, register rows or events is refused by name.
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import type { EngineKind } from '../../src/machine/engine.js';
import { Recorder } from '../../src/run/recorder.js';
import { DATA, STACK, callCode, machineWith } from '../helpers/small-machine.js';
import { ENGINES_HERE } from '../helpers/unicorn.js';

const COPY = [0xf3, 0xa4, 0xc3]; // rep movsb; ret
const FILL = [0xf3, 0xaa, 0xc3]; // rep stosb; ret
const LOOP = [0x48, 0xff, 0xc8, 0x75, 0xfb, 0xc3]; // dec %rax; jnz .-3; ret
const COUNT = 1000n;

const recordOn = (
  engine: EngineKind,
  code: readonly number[],
  limits: ConstructorParameters<typeof Recorder>[1],
) => {
  let recorder!: Recorder;
  using machine = machineWith(code, {
    engine,
    observer: (memory) => (recorder = new Recorder(memory, limits)),
  });
  const registers = { rcx: COUNT, rsi: STACK, rdi: DATA, rax: COUNT };
  const result = callCode(machine, { registers });
  const data = recorder.finish(machine.registers);
  return { kind: result.kind, accesses: data.accesses.length / 8, words: data.registers.length };
};

describe.each(ENGINES_HERE)('with $name, a run that one recording does not take', (engine) => {
  const record = (code: readonly number[], limits: ConstructorParameters<typeof Recorder>[1]) =>
    recordOn(engine, code, limits);

  it.each<[string, readonly number[], Record<string, number>, string]>([
    ['a copy with too many accesses', COPY, { accesses: 1500 }, 'takes 1500 accesses to memory'],
    ['a fill with too many accesses', FILL, { accesses: 999 }, 'takes 999 accesses to memory'],
    ['a loop with too many register rows', LOOP, { registerWords: 2000 }, 'takes 2000 words of registers'],
  ])('%s is refused', (_, code, limits, message) => {
    expect(() => record(code, limits)).toThrow(InputError);
    expect(() => record(code, limits)).toThrow(message);
  });

  it('ends at the most instructions as one that used up its budget', () => {
    expect(record(LOOP, { instructions: 500 }).kind).toBe('budget');
  });

  it('with one less than the limit is recorded whole', () => {
    const { kind, accesses, words } = record(COPY, {});
    expect(kind).toBe('returned');
    expect(record(COPY, { accesses, registerWords: words + 64 })).toMatchObject({ kind, accesses, words });
    expect(() => record(COPY, { accesses: accesses - 1 })).toThrow(InputError);
  });

  it('has too many events, the next of which is refused', () => {
    using machine = machineWith(LOOP, {});
    const recorder = new Recorder(machine.memory, { events: 3 });
    for (let index = 0; index < 3; index += 1) recorder.event({ kind: 'host', what: 'x' });
    expect(() => recorder.event({ kind: 'host', what: 'x' })).toThrow('a recording takes 3 events');
  });
});
