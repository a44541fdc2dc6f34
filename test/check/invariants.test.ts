// Invariants: lists, fields and locks of a small world, right and damaged; and what a scenario cannot state.
import { describe, expect, it } from 'vitest';
import { propertyOf } from '../../src/check/property/properties.js';
import type { InvariantSpec } from '../../src/scenario/form.js';
import { fabricate } from '../helpers/fabricated-run.js';

const LIST = [
  { kzalloc: { as: 'head', struct: 'list_head' } },
  { kzalloc: { as: 'a', struct: 'list_head' } },
  { kzalloc: { as: 'b', struct: 'list_head' } },
  { kzalloc: { as: 'sfd', struct: 'shm_file_data', set: { id: -7, file: '&a' } } },
  {
    set: {
      'head.next': '&a', 'a.next': '&b', 'b.next': '&head', 'head.prev': '&b', 'b.prev': '&a', 'a.prev': '&head',
    },
  },
]; // prettier-ignore

const open = (...invariants: InvariantSpec[]) => {
  const made = fabricate({ do: LIST, check: { writes: ['head', 'a', 'b', 'sfd'], invariants } });
  propertyOf('invariants').open?.(made.world, made.subject);
  return made;
};

const said = (violation: unknown): string | undefined =>
  violation === undefined ? undefined : (violation as { what: string }).what;

describe('a list', () => {
  const list = { head: 'head', members: ['a', 'b'], ordered: true };

  it('holds where it is intact and has its members in their order', () => {
    expect(open({ list }).judge('invariants', 0n)).toBeUndefined();
    expect(
      open({ list: { ...list, members: ['b', 'a'], ordered: false } }).judge('invariants', 0n),
    ).toBeUndefined();
    expect(open({ list: { head: 'head' } }).judge('invariants', 0n)).toBeUndefined();
  });

  it('breaks in another order, and with a member too many or too few', () => {
    const what = (members: string[], ordered: boolean) =>
      said(open({ list: { head: 'head', members, ordered } }).judge('invariants', 0n));
    expect(what(['b', 'a'], true)).toBe('the list head has a, b; it should have b, a');
    expect(what(['a'], false)).toMatch(/^the list head has a, 0xffff[0-9a-f]{12}; it should have a$/u);
    expect(what(['a', 'b', 'head'], false)).toBe('the list head has a, b; it should have a, b, head');
    expect(what([], false)).toMatch(/it should have nothing$/u);
  });

  it.each([
    ['a prev that leads elsewhere', 'b', 8n, 'head'],
    ['a next that leaves a member out', 'head', 0n, 'b'],
    ['a member that leads to itself', 'a', 0n, 'a'],
  ])('breaks for %s, and names the pointer', (_what, at, offset, to) => {
    const { address, world, judge } = open({ list: { head: 'head' } });
    world.memory.writeU64(address(at) + offset, address(to));
    expect(judge('invariants', 0n)).toMatchObject({ property: 'invariants', address: expect.any(BigInt) });
  });

  it('breaks for a pointer to nothing, and ends', () => {
    const { address, world, judge } = open({ list: { head: 'head' } });
    world.memory.writeU64(address('a'), 0x10n);
    expect(said(judge('invariants', 0n))).toContain('not intact');
  });

  it('breaks where a member of it was freed', () => {
    const { freed, judge } = open({ list });
    expect(said(judge('invariants', 0n, { foreign: freed('b') }))).toMatch(
      /leads to 0x[0-9a-f]+, which is free/u,
    );
  });

  it('is not looked at where its head was freed', () => {
    const { freed, judge } = open({ list: { head: 'head' } });
    expect(judge('invariants', 0n, { foreign: freed('head') })).toBeUndefined();
  });
});

describe('fields and locks', () => {
  it.each([
    ['sfd.id', -7, undefined],
    ['sfd.id', '0xfffffff9', undefined],
    ['sfd.id', 7, 'sfd.id is -7; it should be 7'],
    ['sfd.id', { min: -7, max: -1 }, undefined],
    ['sfd.id', { min: 0 }, 'sfd.id is -7; it should be at least 0'],
    ['sfd.id', { max: -8 }, 'sfd.id is -7; it should be at most -8'],
    ['sfd.file', '&a', undefined],
    ['sfd.ns', 0, undefined],
  ] as const)('%s with %j', (field, value, what) => {
    expect(said(open({ fields: { [field]: value } }).judge('invariants', 0n))).toBe(what);
  });

  it('a lock is free when both halves agree', () => {
    const { address, world, judge } = open({ unlocked: ['sfd.id'] });
    world.memory.writeU32(address('sfd'), 0x0005_0005);
    expect(judge('invariants', 0n)).toBeUndefined();
    world.memory.writeU32(address('sfd'), 0x0006_0005);
    expect(said(judge('invariants', 0n))).toBe('the lock sfd.id is held: 0x60005');
  });

  it('hold only for the results that they are about', () => {
    const wrong = { fields: { 'sfd.id': 1 } };
    for (const [when, value, breaks] of [
      ['on success', 0n, true],
      ['on success', 0xffff_ffean, false],
      ['on failure', 0xffff_ffean, true],
      ['on failure', 0n, false],
      ['always', 0xffff_ffean, true],
    ] as const)
      expect(open({ when, ...wrong }).judge('invariants', value) !== undefined, when).toBe(breaks);
  });
});

describe('what a scenario cannot state is refused when the check is opened', () => {
  it.each([
    [{}, 'check.invariants[0]', 'says nothing'],
    [{ list: { head: 'nobody' } }, 'check.invariants[0].list.head', 'there is no object "nobody"'],
    [{ list: { head: 'sfd' } }, 'check.invariants[0].list.head', 'no struct list_head, but a struct shm_file_data'],
    [{ list: { head: 'head', members: ['a', 'sfd.id'] } }, 'check.invariants[0].list.members[1]', 'no struct list_head'],
    [{ list: { head: 'head', ordered: true } }, 'check.invariants[0].list.ordered', 'means nothing without'],
    [{ fields: { 'sfd.idd': 1 } }, 'check.invariants[0].fields.sfd.idd', 'has no field "idd"'],
    [{ fields: { 'sfd.id': '$nothing' } }, 'check.invariants[0].fields.sfd.id', 'there is no parameter $nothing'],
    [{ fields: { 'sfd.id': {} } }, 'check.invariants[0].fields.sfd.id', 'needs "min" or "max"'],
    [{ fields: { 'sfd.id': { min: '&nobody' } } }, 'check.invariants[0].fields.sfd.id.min', 'nobody'],
    [{ fields: { 'head.next.next': 1 } }, 'check.invariants[0].fields.head.next.next', 'list_head.next is struct list_head *'],
    [{ unlocked: ['sfd.file'] }, 'check.invariants[0].unlocked[0]', 'no spin lock'],
  ] as const)('%j', (invariant, field, message) => {
    try {
      open(invariant as InvariantSpec);
      expect.unreachable();
    } catch (error) {
      expect((error as { where?: { field?: string } }).where?.field).toBe(field);
      expect((error as Error).message).toContain(message);
    }
  });
}); // prettier-ignore
