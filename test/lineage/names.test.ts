import { expect, it } from 'vitest';
import { STRUCTS } from '../../src/kernel/structs/all.js';
import { Ledger, ORIGIN } from '../../src/lineage/ledger.js';
import { Names, RANK } from '../../src/lineage/names.js';

const setUp = () => {
  const ledger = new Ledger();
  const names = new Names(ledger, STRUCTS);
  const add = (parent?: number, offset?: bigint): number => {
    const value = ledger.addValue(ORIGIN.computed, 8, 0, 0, 0, 0);
    if (parent !== undefined) ledger.addParent(value, parent);
    if (offset !== undefined) ledger.setOffset(value, offset);
    return value;
  };
  return { ledger, names, add, expression: (value: number) => names.expression(value, () => 'op') };
};

it('a name from the source replaces that of a register, and then stays', () => {
  const { names, add } = setUp();
  const value = add();
  names.give(value, { name: 'rdi of exit_mmap', type: '' }, RANK.caller, 0);
  names.give(value, { name: 'vma', type: 'struct vm_area_struct *' }, RANK.source, 3);
  names.give(value, { name: 'other', type: 'long' }, RANK.source, 5);
  names.give(value, { name: 'rbx of f', type: '' }, RANK.caller, 7);
  expect(names.get(value)).toMatchObject({ name: 'vma', type: 'struct vm_area_struct *', step: 3 });
});

it('a value is called by the distance from the nearest value with a name', () => {
  const { names, add, expression } = setUp();
  const path = add();
  const steps = [1n, 1n, -5n];
  const chain = steps.map(
    (
      (last) => (by: bigint) =>
        (last = add(last, by))
    )(path),
  );
  expect(expression(chain[0]!)).toBeUndefined();
  names.give(path, { name: 'path', type: 'char *' }, RANK.source, 0);
  expect(chain.map(expression)).toEqual(['path+0x1', 'path+0x2', 'path-0x3']);
  names.give(chain[1]!, { name: 's', type: 'char *' }, RANK.source, 0);
  expect(chain.map(expression)).toEqual(['path+0x1', 's', 's-0x5']);
});

it('an expression names what it can, to a depth, and is none where nothing has a name', () => {
  const { ledger, names, add, expression } = setUp();
  const id = add();
  const unknown = add();
  const sum = add(id);
  ledger.addParent(sum, unknown);
  expect(expression(sum)).toBeUndefined();
  names.give(id, { name: 'id', type: 'int' }, RANK.source, 0);
  expect(expression(sum)).toBe('op(id, ?)');
  let deep = sum;
  for (let depth = 0; depth < 5; depth += 1) deep = add(deep);
  expect(expression(deep)).toBeUndefined();
});

it('what is loaded through a pointer to a known struct is that field; a constant further on is its address', () => {
  const { names, add } = setUp();
  const [vma, file, end] = [add(), add(), add()];
  names.give(vma, { name: 'vma', type: 'struct vm_area_struct *' }, RANK.source, 0);
  names.loaded(file, vma, 0x98n, 8, 1, undefined);
  names.shifted(end, vma, 0x10n, 1, undefined);
  expect([names.get(file)?.name, names.get(end)?.name]).toEqual(['vma->vm_file', '&vma->vm_end']);
  const past = add();
  names.loaded(past, vma, 0x10000n, 8, 1, undefined);
  expect(names.get(past)).toBeUndefined();
});
