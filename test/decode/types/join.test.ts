// What values have in common where ways come together does not depend on the order in which they come.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fields } from '../../../src/decode/types/fields.js';
import { join } from '../../../src/decode/types/join.js';
import { Flag, type Value, isSame } from '../../../src/decode/types/value.js';
import { SmallBtf } from '../../helpers/small-btf.js';

const small = new SmallBtf();
const long = small.int('long', 8);
const node = small.struct('node', 16, [['next', long, 0], ['prev', long, 8]]); // prettier-ignore
const nodes = small.array(node, 3);
const owner = small.struct('owner', 80, [['id', long, 0], ['link', node, 8], ['slots', nodes, 32]]); // prettier-ignore
const other = small.struct('other', 24, [['id', long, 0], ['link', node, 8]]); // prettier-ignore
const fields = new Fields(small.make());

const how = { text: 'given' };
const pointer = fc.record({
  kind: fc.constant('pointer' as const),
  to: fc.constantFrom(node, owner, other, long),
  offset: fc.constantFrom(-8, 0, 8, 16, 32, 48, 64),
  text: fc.constantFrom('a', 'b', ''),
  origin: fc.constantFrom('one', 'two', undefined),
  flags: fc.constantFrom(0, Flag.ELEMENT, Flag.UNION),
  how: fc.constant(how),
});
const value: fc.Arbitrary<Value> = fc.oneof(
  pointer,
  fc.record({ kind: fc.constant('stack' as const), offset: fc.constantFrom(-8, -16) }),
  fc.constantFrom<Value>({ kind: 'number' }, { kind: 'number', narrow: true }, { kind: 'number', value: 0n }),
  fc.constantFrom<Value>(
    { kind: 'number', factor: 24 },
    { kind: 'dead', why: 'x' },
    { kind: 'dead', why: 'y' },
  ),
  fc.constant<Value>({ kind: 'number', wide: { origin: 'w', text: 'w', how, flags: 0 } }),
  fc
    .constantFrom('one', 'two', undefined)
    .map((origin): Value => ({ kind: 'unknown', why: 'z', origin, offset: 0 })),
);

describe('a join', () => {
  it('commutes, and joins a value with itself to itself', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(join(fields, a, a, 'here')).toBe(a);
        expect(isSame(join(fields, a, b, 'here'), join(fields, b, a, 'here'))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('comes to rest: what both said is in it already', () => {
    fc.assert(
      fc.property(value, value, fc.array(value, { maxLength: 6 }), (a, b, more) => {
        let joined = join(fields, a, b, 'here');
        for (let round = 0; round < 12; round += 1)
          for (const one of [a, b, ...more]) joined = join(fields, joined, one, 'here');
        for (const one of [a, b, ...more])
          expect(isSame(join(fields, joined, one, 'here'), joined)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('of an entry and the head of its list is the member, with the struct around it', () => {
    const entry: Value = { kind: 'pointer', to: owner, offset: 8, text: 'o', origin: 'one', flags: 0, how };
    const head: Value = { kind: 'pointer', to: node, offset: 0, text: 'n', origin: 'two', flags: 0, how };
    expect(join(fields, head, entry, 'here')).toMatchObject({
      to: node,
      offset: 0,
      around: { to: owner, offset: 8 },
    });
  });
});
