// What each operation of a step does to memory, heap and names.
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import type { ScenarioSpec } from '../../src/scenario/form.js';
import type { StepObserver } from '../../src/run/steps.js';
import { runnerWith } from '../helpers/small-world.js';

type Operations = NonNullable<ScenarioSpec['steps'][string]['do']>;

const RSP = '0xffff880211337f00';
const RETURN = '0xffffffff81e00000';

const observed = (): { observer: StepObserver; seen: string[] } => {
  const seen: string[] = [];
  const observer: StepObserver = {
    stepStarts: (step) => seen.push(`starts ${step}`),
    called: (symbol, _entry, values) => seen.push(`calls ${symbol}(${values.join(', ')})`),
    stepEnds: (step, call, result) => seen.push(`ends ${step}: ${call} ${result?.kind}`),
    did: (what) => seen.push(what),
    named: (name) => seen.push(`names ${name}`),
  };
  return { observer, seen };
};

/** Run one step with these operations. */
const doing = (
  operations: Operations,
  more: Partial<ScenarioSpec> = {},
  set?: ReadonlyMap<string, string>,
) => {
  const { observer, seen } = observed();
  const made = runnerWith(
    { steps: { one: { do: operations } }, ...more },
    { observer, ...(set === undefined ? {} : { set }) },
  );
  using _machine = made.machine;
  made.runner.run();
  return { ...made, seen, object: (name: string) => made.runner.objects.get(name)! };
};

const PARAMETERS: ScenarioSpec['parameters'] = {
  first: { type: 'text', default: 'ab', help: 'a test' },
  second: { type: 'text', default: 'cde', help: 'a test' },
  fill: { type: 'contents', default: 'old', help: 'a test' },
};

describe('an operation', () => {
  it('allocates a struct, a size or a text, gives it a name and sets fields', () => {
    const { world, object, seen } = doing(
      [
        { kzalloc: { as: 'list', struct: 'list_head', set: { next: '0x1234' } } },
        { kmalloc: { as: 'bytes', size: 50 } },
        { kmalloc: { as: 'text', text: '$first' } },
      ],
      { parameters: PARAMETERS },
    );
    expect(object('list')).toMatchObject({ size: 16, struct: 'list_head', cache: 'size-32' });
    expect(world.memory.readU64(object('list').address)).toBe(0x1234n);
    expect(world.memory.readU64(object('list').address + 8n)).toBe(0n);
    expect(object('bytes')).toMatchObject({ size: 50, struct: null, cache: 'size-64' });
    expect(Buffer.from(world.memory.read(object('text').address, 3)).toString()).toBe('ab\0');
    expect(seen).toContain('names text');
  });

  it('gives an empty text no memory', () => {
    const { object } = doing([{ kmalloc: { as: 'text', text: '$first' } }], { parameters: PARAMETERS }, new Map([['first', '']])); // prettier-ignore
    expect(object('text')).toMatchObject({ address: 0n, size: 0, cache: null });
  });

  it('frees, and adds to a field', () => {
    const { world, object, seen } = doing([
      { kzalloc: { as: 'layer', struct: 'idr_layer', set: { count: 5 } } },
      { kmalloc: { as: 'gone', size: 8 } },
      { add: { 'layer.count': -2 } },
      { free: 'gone' },
    ]);
    expect(world.memory.readU32(object('layer').address + 0x208n)).toBe(3);
    expect(world.heap.isAllocated(object('gone').address)).toBe(false);
    expect(seen).toContain('takes 2 from layer.count');
  });

  it('names the struct slab of an object whose slab keeps it elsewhere', () => {
    const { world, object } = doing([{ kmalloc: { as: 'large', size: 1000, slab: 'manager' } }]);
    expect(object('manager')).toMatchObject({ struct: 'slab', cache: 'size-64' });
    expect(world.heap.managementOf(object('large').address)!.address).toBe(object('manager').address);
  });

  it.each<[string, Record<string, string>, number]>([
    ['all texts and one NUL', { first: 'x'.repeat(30), second: 'y' }, 32],
    ['one byte, where the needed text is empty', { first: 'x'.repeat(40), second: '' }, 1],
    ['a larger cache, where the texts are long', { first: 'x'.repeat(32), second: 'y' }, 34],
  ])('fills the slot that an allocation of %s gets', (_, texts, size) => {
    const set = new Map([...Object.entries(texts), ['fill', '5c'.repeat(32)]]);
    const stale = { texts: ['$first', '$second'], needs: '$second', with: '$fill' };
    const { world } = doing([{ stale }], { parameters: PARAMETERS }, set);
    const slot = world.heap.kmalloc(size);
    const whole = world.heap.objectSize(world.heap.cacheFor(size)!);
    expect(world.memory.read(slot, whole)).toEqual(new Uint8Array(whole).fill(0x5c));
  });

  it.each<[string, Operations, RegExp]>([
    ['a field that is not there', [{ kzalloc: { as: 'l', struct: 'list_head' } }, { set: { 'l.up': 1 } }], /has no field "up"/u],
    ['a number that does not fit', [{ kzalloc: { as: 'l', struct: 'idr_layer', set: { count: '0x123456789a' } } }], /does not fit/u],
    ['an addition to a pointer', [{ kzalloc: { as: 'l', struct: 'list_head' } }, { add: { 'l.next': 1 } }], /only an integer field/u],
    ['more than there is memory for', [{ kmalloc: { as: 'l', size: 2000 } }], /no memory for 2000 bytes: give size-2048 more page frames/u],
    ['a struct slab in the slab itself', [{ kmalloc: { as: 'l', size: 8, slab: 'm' } }], /the struct slab of size-32 lies in the slab's own page/u],
  ])('%s is an error at its place', (_, operations, message) => {
    expect(() => doing(operations)).toThrow(InputError);
    expect(() => doing(operations)).toThrow(message);
  }); // prettier-ignore
});

describe('a run of steps', () => {
  const strlen = (text: string, more: object = {}) => ({
    function: 'strlen', arguments: [text], rsp: RSP, returnTo: RETURN, ...more,
  }); // prettier-ignore
  const steps: ScenarioSpec['steps'] = {
    prepare: { do: [{ kmalloc: { as: 'text', text: '$first' } }] },
    measure: { call: strlen('&text', { as: 'length' }) },
    crash: { call: strlen('0x10') },
    after: { do: [{ kmalloc: { as: 'more', size: 8 } }] },
  };

  it('calls with arguments, names what comes back, and ends with a call that does not return', () => {
    const { observer, seen } = observed();
    const { runner, machine } = runnerWith({ parameters: PARAMETERS, steps }, { observer });
    using _machine = machine;
    expect(runner.run()).toMatchObject({ step: 'crash', result: { kind: 'trap' } });
    expect(runner.objects.get('length')).toMatchObject({ address: 2n, size: 0 });
    expect(runner.objects.has('more')).toBe(false);
    expect(seen).toContain('ends measure: strlen returned');
    expect(seen).toContain('calls strlen(16)');
  });

  it('can begin and stop at any step, and come back to its names', () => {
    const { runner, machine } = runnerWith({ parameters: PARAMETERS, steps });
    using _machine = machine;
    const before = runner.state();
    expect(runner.run({ before: 'crash' })).toMatchObject({ step: 'measure' });
    expect(runner.run({ from: 'after' })).toMatchObject({ step: 'after', result: undefined });
    expect(runner.objects.has('more')).toBe(true);
    runner.restore(before);
    expect(['text', 'length', 'more'].filter((name) => runner.objects.has(name))).toEqual([]);
  });
});
