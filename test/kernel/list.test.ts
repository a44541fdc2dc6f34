// A kernel list with damaged pointers: what the walk says they were, and which nodes it still finds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { walkList } from '../../src/kernel/list.js';
import { PagedMemory } from '../../src/kernel/memory.js';

const HEAD = 0xffff880001000010n;
const WILD = 0xffff880008015c80n; // where slide 44's pointer leads: not mapped here
const at = (index: number): bigint => 0xffff880008012000n + BigInt(index * 64);

/** A list of `count` nodes, and another of three beside it. */
const makeList = (count: number) => {
  const memory = new PagedMemory([
    { start: 0xffff880001000000n, size: 4096, protection: 'read-write', name: 'heads' },
    { start: 0xffff880008012000n, size: 4096, protection: 'read-write', name: 'nodes' },
  ]);
  const link = (ring: readonly bigint[]): void =>
    ring.forEach((node, index) => {
      const next = ring[(index + 1) % ring.length]!;
      memory.writeU64(node, next);
      memory.writeU64(next + 8n, node);
    });
  const nodes = Array.from({ length: count }, (_, index) => at(index));
  link([HEAD, ...nodes]);
  link([HEAD + 0x100n, at(40), at(41), at(42)]);
  const walk = () => walkList(memory, HEAD, 100);
  return { memory, nodes, walk };
};
const next = (node: bigint): bigint => node;
const prev = (node: bigint): bigint => node + 8n;
const hex = (value: bigint): string => `0x${value.toString(16)}`;

describe('a whole list', () => {
  it.each([0, 1, 2, 40])('of %i nodes has no finding', (count) => {
    const { nodes, walk } = makeList(count);
    expect(walk()).toEqual({ nodes, findings: [] });
  });

  it('whose head is not mapped is a finding', () => {
    const { memory } = makeList(1);
    expect(walkList(memory, WILD, 9)).toEqual({
      nodes: [],
      findings: [{ address: WILD, expected: 'a list head', found: 'unmapped memory' }],
    });
  });

  it('with more nodes than allowed ends there, from both sides', () => {
    const { memory, nodes } = makeList(30);
    const found = walkList(memory, HEAD, 5);
    expect(found.nodes).toEqual([...nodes.slice(0, 5), ...nodes.slice(-5)]);
    expect(found.findings.map((finding) => finding.found)).toEqual([
      `${hex(at(5))}, after 5 nodes`,
      `${hex(at(24))}, after 5 nodes`,
    ]);
  });
});

describe('one damaged pointer', () => {
  it('next: the prev of the following node says what it was', () => {
    const { memory, nodes, walk } = makeList(4);
    memory.writeU64(next(at(1)), WILD);
    expect(walk()).toEqual({
      nodes,
      findings: [
        {
          address: at(1),
          expected: `next ${hex(at(2))} (the prev of ${hex(at(2))} points here)`,
          found: `${hex(WILD)}, not mapped`,
        },
      ],
    });
  });

  it('prev: the next of the node before says what it was', () => {
    const { memory, nodes, walk } = makeList(4);
    memory.writeU64(prev(at(1)), WILD);
    expect(walk()).toEqual({
      nodes,
      findings: [
        {
          address: prev(at(1)),
          expected: `prev ${hex(at(0))} (the next of ${hex(at(0))} points here)`,
          found: `${hex(WILD)}, not mapped`,
        },
      ],
    });
  });

  it('that is not aligned is said to be so', () => {
    const { memory, nodes, walk } = makeList(4);
    memory.writeU64(next(at(1)), at(2) + 4n);
    expect(walk()).toMatchObject({ nodes, findings: [{ found: `${hex(at(2) + 4n)}, not aligned` }] });
  });

  // Wild, not aligned, not canonical, or a node or head of this list or of another: of the head or of any node.
  it('anywhere, of any value, is named with the value that it had; no node is lost', () => {
    const target = fc.oneof(
      fc.constantFrom(0n, WILD, 0x6b6b6b6b6b6b6b6bn, HEAD, HEAD + 0x100n, at(40), at(42), at(2) + 1n),
      fc.nat(12).map(at),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.nat(12),
        fc.boolean(),
        target,
        (count, which, back, value) => {
          const { memory, nodes, walk } = makeList(count);
          const holder = [HEAD, ...nodes][which % (count + 1)]!;
          const address = back ? prev(holder) : next(holder);
          const original = memory.readU64(address);
          memory.writeU64(address, value);
          const found = walk();
          expect(found.nodes).toEqual(nodes);
          if (value === original) expect(found.findings).toEqual([]);
          else {
            expect(found.findings).toHaveLength(1);
            expect(found.findings[0]).toMatchObject({ address });
            expect(found.findings[0]!.expected).toContain(`${back ? 'prev' : 'next'} ${hex(original)} `);
            expect(found.findings[0]!.found.split(',')[0]).toBe(hex(value));
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('more damaged pointers', () => {
  it('at both ends of the same link: no neighbour shows it, and the findings name the places where the walks stop', () => {
    const { memory, nodes, walk } = makeList(4);
    memory.writeU64(next(at(1)), WILD);
    memory.writeU64(prev(at(2)), 0n);
    expect(walk()).toEqual({
      nodes,
      findings: [
        {
          address: next(at(1)),
          expected: `next to a node whose prev points here; from the last node the walk comes to ${hex(at(2))}`,
          found: `${hex(WILD)}, not mapped`,
        },
        {
          address: prev(at(2)),
          expected: `prev to a node whose next points here; from the first node the walk comes to ${hex(at(1))}`,
          found: '0x0, not mapped',
        },
      ],
    });
  });

  it('both pointers of one node: its two neighbours show them', () => {
    const { memory, nodes, walk } = makeList(4);
    memory.writeU64(next(at(1)), 0n);
    memory.writeU64(prev(at(1)), WILD);
    const found = walk();
    expect(found.nodes).toEqual(nodes);
    expect(found.findings).toEqual([
      { address: prev(at(1)), expected: `prev ${hex(at(0))} (the next of ${hex(at(0))} points here)`, found: `${hex(WILD)}, not mapped` },
      { address: next(at(1)), expected: `next ${hex(at(2))} (the prev of ${hex(at(2))} points here)`, found: '0x0, not mapped' },
    ]); // prettier-ignore
  });

  it('in two places: each is named', () => {
    const { memory, nodes, walk } = makeList(8);
    memory.writeU64(next(at(1)), WILD);
    memory.writeU64(next(at(5)), WILD);
    const found = walk();
    expect(found.nodes).toEqual(nodes);
    expect(found.findings.map(({ address }) => address).toSorted()).toEqual([at(1), at(5)]);
  });

  it('a ring that was cut out is whole in itself: the two that still point into it are blamed', () => {
    const { memory, walk } = makeList(6);
    memory.writeU64(next(at(4)), at(1)); // 1 2 3 4 1 …
    memory.writeU64(prev(at(1)), at(4));
    const found = walk();
    expect(found.nodes).toEqual([at(0), at(5)]);
    expect(found.findings.map(({ address }) => address)).toEqual([next(at(0)), prev(at(5))]);
  });

  it('a cycle ends the walk', () => {
    const { memory, nodes, walk } = makeList(6);
    memory.writeU64(next(at(4)), at(4));
    memory.writeU64(next(at(2)), at(0));
    const found = walk();
    expect(found.nodes).toEqual(nodes);
    expect(found.findings.map(({ address }) => address).toSorted()).toEqual([at(2), at(4)]);
  });

  it('of any number and value: the walk ends, with each node once and each pointer blamed once', () => {
    const value = fc.oneof(fc.constantFrom(0n, WILD, HEAD, at(41), at(3) + 1n), fc.nat(12).map(at));
    const damage = fc.array(fc.tuple(fc.nat(12), fc.boolean(), value), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), damage, (count, pointers) => {
        const { memory, nodes, walk } = makeList(count);
        const whole = makeList(count).memory;
        for (const [which, back, to] of pointers) {
          const holder = [HEAD, ...nodes][which % (count + 1)]!;
          memory.writeU64(back ? prev(holder) : next(holder), to);
        }
        const found = walk();
        expect(new Set(found.nodes).size).toBe(found.nodes.length);
        const blamed = found.findings.map(({ address }) => address);
        expect(new Set(blamed).size).toBe(blamed.length);
        const changed = [HEAD, ...nodes].some(
          (node) =>
            memory.readU64(node) !== whole.readU64(node) ||
            memory.readU64(prev(node)) !== whole.readU64(prev(node)),
        );
        if (!changed) expect(found).toEqual({ nodes, findings: [] });
        expect(found.nodes.length).toBeLessThanOrEqual(200);
      }),
      { numRuns: 2000 },
    );
  });
});
