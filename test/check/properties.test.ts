// The table of properties: one row has all that belongs to a property.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  PROPERTIES,
  PROPERTY_TABLE,
  type Violation,
  isOf,
  propertyOf,
  worstOf,
} from '../../src/check/property/properties.js';

const access = (property: 'writes-inside' | 'reads-inside', slack: boolean): Violation => ({
  property,
  bad: {
    access: property === 'reads-inside' ? 'read' : 'write',
    pc: 0n,
    address: 0n,
    size: 1,
    old: new Uint8Array(1),
    now: new Uint8Array(1),
    slack,
  },
});
const leak: Violation = { property: 'no-leak', leaked: [0n], unfreed: [] };

describe('the table of properties', () => {
  it('has the order of docs/check.md, worst first', () => {
    const docs = readFileSync(new URL('../../docs/check.md', import.meta.url), 'utf8');
    const listed = [...docs.matchAll(/^- `([a-z-]+)`: /gmu)].map(([, name]) => name);
    const first = listed.indexOf(PROPERTIES[0]);
    expect(listed.slice(first, first + PROPERTIES.length)).toEqual(PROPERTIES);
    expect(new Set(PROPERTIES).size).toBe(PROPERTIES.length);
  });

  it('judges accesses or steps in every row but the one that compares runs, in words that follow a name', () => {
    for (const { name, breaks, judge, forbids } of PROPERTY_TABLE) {
      expect(
        [judge, forbids].some((rule) => rule !== undefined),
        name,
      ).toBe(name !== 'uninitialised-read');
      expect(breaks, name).toMatch(/^[a-z][^.]*[a-z]$/u);
    }
  });

  it.each([
    ['read', false, ['reads-inside']],
    ['write', false, ['writes-inside']],
    ['write', true, ['inputs-unchanged']],
  ] as const)('a forbidden %s (of an input: %s) breaks exactly %j', (kind, isInput, broken) => {
    const found = PROPERTY_TABLE.filter((property) => property.forbids?.(kind, isInput) === true);
    expect(found.map(({ name }) => name)).toEqual(broken);
  });

  it('knows the properties that only later steps break', () => {
    expect(PROPERTIES.filter((name) => propertyOf(name).isLater)).toEqual(['same-twice', 'readers']);
  });
});

describe('the worst of some violations', () => {
  it('is the first in the table, wherever it stands in the run', () => {
    expect(worstOf([leak, access('reads-inside', false)])).toEqual({
      property: 'reads-inside',
      slack: false,
    });
    expect(worstOf([])).toBeUndefined();
  });

  it('is slack only when no violation of the property left the own object', () => {
    const inside = access('writes-inside', true);
    const outside = access('writes-inside', false);
    expect(worstOf([inside])).toEqual({ property: 'writes-inside', slack: true });
    expect(worstOf([inside, outside])).toEqual({ property: 'writes-inside', slack: false });
    expect([inside, outside].map((one) => isOf(one, { property: 'writes-inside', slack: true }))).toEqual([
      true,
      false,
    ]);
  });
});
