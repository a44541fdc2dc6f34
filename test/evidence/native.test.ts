// A witness that shares nothing with the emulator: the snippets' bytes on this machine's own CPU, in a child process.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode } from '../../src/kernel/layout.js';
import { loadRelease } from '../../src/release/snippet.js';
import { idr_layer } from '../../src/kernel/structs/ipc.js';
import { NativeCpu, native } from '../helpers/native-cpu.js';

const release = loadRelease();
const names = ['strlen', 'strnlen', 'strncpy', 'convert_delimiter', 'idr_find'] as const;

let cpu: NativeCpu;
let base = 0n; // address of the memory that every call gets

const call = (name: (typeof names)[number], memory: Uint8Array, ...args: bigint[]) =>
  cpu.call(name, memory, ...args);

/** Bytes rich in the three that matter. */
const bytes = (maxLength: number) =>
  fc
    .array(fc.oneof(fc.constantFrom(0x00, 0x2f, 0x5c), fc.nat(0xff)), { maxLength })
    .map((values) => Uint8Array.from(values));

/** Some bytes, then a NUL. */
const terminated = (maxLength: number) => bytes(maxLength).map((text) => Uint8Array.of(...text, 0));

describe.skipIf(!native)('on the CPU of this machine (needs Linux on x86-64)', () => {
  beforeAll(async () => {
    cpu = await NativeCpu.start();
    base = cpu.base;
    await cpu.place(
      names.map((name) => {
        const { start, bytes } = release.findSnippet(name)!;
        return { name, at: start, bytes };
      }),
    );
  });
  afterAll(() => {
    cpu.close();
  });

  it('strlen counts the bytes before the NUL', async () => {
    await fc.assert(
      fc.asyncProperty(terminated(80), async (text) => {
        const { result, memory } = await call('strlen', text, base);
        expect(result).toBe(BigInt(text.indexOf(0)));
        expect(memory).toEqual(text);
      }),
    );
  });

  it('strnlen stops at its count', async () => {
    await fc.assert(
      fc.asyncProperty(terminated(80), fc.nat(120), async (text, count) => {
        const { result, memory } = await call('strnlen', text, base, BigInt(count));
        expect(result).toBe(BigInt(Math.min(text.indexOf(0), count)));
        expect(memory).toEqual(text);
      }),
    );
  });

  it('strncpy writes exactly its count: the text, then NULs, and none if there is no room', async () => {
    await fc.assert(
      fc.asyncProperty(terminated(40), fc.nat(60), fc.nat(0xff), async (source, count, stale) => {
        const before = new Uint8Array(64 + source.length).fill(stale, 0, 64);
        before.set(source, 64);
        const { result, memory } = await call('strncpy', before, base, base + 64n, BigInt(count));

        const after = before.slice();
        const length = source.indexOf(0);
        for (let index = 0; index < count; index++) after[index] = index < length ? source[index]! : 0;
        expect(result).toBe(base);
        expect(memory).toEqual(after);
      }),
    );
  });

  it('convert_delimiter changes the other separator up to the NUL, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(terminated(64), fc.constantFrom(0x2f, 0x5c), async (text, delimiter) => {
        const { memory } = await call('convert_delimiter', text, base, BigInt(delimiter));
        const old = delimiter === 0x2f ? 0x5c : 0x2f;
        const end = text.indexOf(0);
        expect(memory).toEqual(text.map((byte, index) => (index < end && byte === old ? delimiter : byte)));
      }),
    );
  });

  it('convert_delimiter does nothing with NULL', async () => {
    expect((await call('convert_delimiter', Uint8Array.of(0x2f), 0n, 0x5cn)).memory).toEqual(
      Uint8Array.of(0x2f),
    );
  });

  // An idr of `layers` layers at `base`, with a pointer for every id.
  const idr = (layers: number, pointers: ReadonlyMap<number, bigint>): Uint8Array => {
    const nodes: { layer: number; ary: bigint[] }[] = [];
    const at = (node: number): bigint => base + 0x40n + BigInt(node * idr_layer.size);
    const make = (layer: number): number => nodes.push({ layer, ary: new Array<bigint>(64).fill(0n) }) - 1;
    const children = new Map<string, number>();
    if (layers > 0) make(layers - 1);
    for (const [id, pointer] of pointers) {
      let node = 0;
      for (let layer = layers - 1; layer > 0; layer--) {
        const slot = (id >> (6 * layer)) & 63;
        const key = `${node}/${slot}`;
        const child = children.get(key) ?? make(layer - 1);
        children.set(key, child);
        nodes[node]!.ary[slot] = at(child);
        node = child;
      }
      nodes[node]!.ary[id & 63] = pointer;
    }
    const memory = new Uint8Array(0x40 + nodes.length * idr_layer.size);
    if (layers > 0) new DataView(memory.buffer).setBigUint64(0, at(0), true);
    for (const [node, { layer, ary }] of nodes.entries()) {
      const fields = { bitmap: 0n, ary, count: 0, layer, rcu_head: new Uint8Array(16) };
      memory.set(encode(idr_layer, fields), 0x40 + node * idr_layer.size);
    }
    return memory;
  };

  it('idr_find finds what is there, and NULL for every other id', async () => {
    const tree = fc.integer({ min: 0, max: 3 }).chain((layers) =>
      fc.record({
        layers: fc.constant(layers),
        ids:
          layers === 0
            ? fc.constant<number[]>([])
            : fc.uniqueArray(fc.nat(64 ** layers - 1), { maxLength: 8 }),
        other: fc.oneof(fc.nat(200), fc.integer()),
      }),
    );
    await fc.assert(
      fc.asyncProperty(tree, async ({ layers, ids, other }) => {
        const pointers = new Map(ids.map((id, index) => [id, 0xffff880000001000n + BigInt(index)]));
        const memory = idr(layers, pointers);
        for (const id of [...ids, other]) {
          const { result } = await call('idr_find', memory, base, BigInt.asUintN(32, BigInt(id)));
          expect(result).toBe(pointers.get(id & 0x7fffffff) ?? 0n);
        }
      }),
    );
  });
});
