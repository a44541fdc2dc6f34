// The leaves of a layout: what pages, panes and lessons list of a struct.
import { expect, it } from 'vitest';
import { array, bytes, fieldAt, findField, leavesOf, struct, u16, u32 } from '../../src/kernel/layout.js';

it('every leaf of a struct has the path and offset that findField and fieldAt give', () => {
  const inner = struct('inner', 8, { count: [0, u32], flags: [4, u16] });
  const outer = struct('outer', 40, { first: [0, u16], pair: [8, array(inner, 2)], name: [24, bytes(16)] });
  const leaves = [...leavesOf(outer)];
  expect(leaves.map(({ path, offset }) => `${path} ${offset}`)).toEqual([
    'first 0',
    'pair[0].count 8',
    'pair[0].flags 12',
    'pair[1].count 16',
    'pair[1].flags 20',
    'name 24',
  ]);
  for (const { path, offset, type } of leaves) {
    expect(findField(outer, path)).toEqual({ offset, type });
    expect(fieldAt(outer, offset)).toEqual({ path, within: 0 });
  }
});
