// What a scenario says existed before its first step, as memory has it.
import { describe, expect, it } from 'vitest';
import { CURRENT_TASK_OFFSET } from '../../src/kernel/structs/task.js';
import { NO_INSTRUCTION } from '../../src/x86/encoding.js';
import { findBug } from '../../src/kernel/bugtable.js';
import { loadRelease } from '../../src/release/snippet.js';
import { worldWith } from '../helpers/small-world.js';

const SLOT = '0xffff880020000200'; // the first object of a slab of size-32 in frame 0x20000

describe('a built world', () => {
  it('has the code of its functions, and invalid instructions around it', () => {
    const { memory, snippets } = worldWith({});
    for (const { start, bytes } of snippets) expect(memory.read(start, bytes.length)).toEqual(bytes);
    const [first] = snippets;
    const before = first!.start - 1n;
    expect(memory.isMapped(before, 1) ? memory.readU8(before) : NO_INSTRUCTION).toBe(NO_INSTRUCTION);
  });

  it('has every BUG() of its functions in the bug table', () => {
    const { memory, symbols, snippets } = worldWith({});
    const release = loadRelease();
    for (const { address, file, line } of release.bugsOf(snippets))
      expect(findBug(memory, symbols, address)).toMatchObject({ file, line });
  });

  it('leaves out functions on demand that nothing can call, and has those that a step names', () => {
    const [name] = loadRelease().onDemand;
    expect(worldWith({}).symbols.findSymbol(name!)).toBeUndefined();
    const call = { function: name!, rsp: '0xffff880211337f00', returnTo: '0xffffffff81e00000' };
    expect(worldWith({ steps: { one: { call } } }).symbols.findSymbol(name!)).toBeDefined();
  });

  it('puts objects at their addresses: allocated in the heap, with the fields that are set', () => {
    const { heap, memory, objects } = worldWith({
      world: {
        objects: {
          inside: { struct: 'list_head', at: SLOT, source: 'test', set: { next: '&outside' } },
          outside: { size: 24, at: '0xffff880300000010', header: 16, source: 'test' },
        },
        current: '&inside',
      },
    });
    expect(objects.get('inside')).toMatchObject({ address: BigInt(SLOT), size: 16, cache: 'size-32' });
    expect(objects.get('outside')).toMatchObject({ size: 24, header: 16, cache: null });
    expect(heap.isAllocated(BigInt(SLOT))).toBe(true);
    expect(memory.readU64(BigInt(SLOT))).toBe(0xffff880300000010n);
  });

  it('names the running task in its per-CPU area', () => {
    const { memory, gsBase } = worldWith({ world: { gs: '0xffff88043fd00000', current: '0x1234' } });
    expect(gsBase).toBe(0xffff88043fd00000n);
    expect(memory.readU64(gsBase + CURRENT_TASK_OFFSET)).toBe(0x1234n);
  });

  it('lives through its history: frees, and frames that are filled', () => {
    const { heap, objects } = worldWith({
      world: {
        objects: { gone: { size: 32, at: SLOT, source: 'test' } },
        history: [{ free: 'gone' }, { fill: { cache: 'size-32', frame: '0x20003' } }],
      },
    });
    expect(objects.has('gone')).toBe(false);
    expect(heap.isAllocated(BigInt(SLOT))).toBe(false);
    const filled = heap.objectsIn(0x20003n);
    expect(filled).toHaveLength(112);
    expect(filled.every((address) => heap.isAllocated(address))).toBe(true);
  });

  it('keeps its code: the host can no longer write to it', () => {
    const { memory, snippets } = worldWith({});
    const { start, bytes } = snippets[0]!;
    memory.write(start, new Uint8Array(4));
    expect(memory.read(start, bytes.length)).toEqual(bytes);
  });

  it.each<[string, Parameters<typeof worldWith>[0]['world'], RegExp]>([
    ['two objects at one place', { objects: { a: { size: 8, at: SLOT, source: 'test' }, b: { size: 8, at: SLOT, source: 'test' } } }, /b overlaps a, which lies from 0xffff880020000200 to 0xffff880020000208/u],
    ['an object beside the grid of its cache', { objects: { a: { size: 8, at: '0xffff880020000208', source: 'test' } } }, /not the start of an object of size-32/u],
    ['an object of a cache that lies elsewhere', { objects: { a: { size: 8, at: SLOT, cache: 'size-64', source: 'test' } } }, /belongs to size-32, not to size-64/u],
    ['a struct that is not known', { objects: { a: { struct: 'nothing', at: SLOT, source: 'test' } } }, /there is no struct "nothing"; known are /u],
    ['a frame of another cache to fill', { history: [{ fill: { cache: 'size-64', frame: '0x20003' } }] }, /0x20003 is not a page frame of size-64/u],
    ['the free of something that is not there', { history: [{ free: 'absent' }] }, /there is no slab object "absent"/u],
  ])('%s is refused', (_, world, message) => {
    expect(() => worldWith({ world: world! })).toThrow(message);
  }); // prettier-ignore
});
