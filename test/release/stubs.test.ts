// Stubs in the files of a release: the shipped ones, those of a user's release, and what is refused.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hex } from '../../src/base/address.js';
import { type Release, loadRelease } from '../../src/release/snippet.js';
import { inTemporaryFolder } from '../helpers/guest-library.js';

const NAME = '9.9.9-test';
const stub = { symbol: 'printk', does: { returns: 7 }, models: 'a test', leavesOut: 'nothing' };

// Where the shipped release has it, so that a library can replace its stub.
const printk = loadRelease().symbols.symbol('printk');
const symbols = [
  {
    name: 'printk',
    address: hex(printk.address),
    size: hex(printk.size),
    kind: 'function',
    source: 'a test',
  },
];

/** A release whose symbols.json has these fields. */
const releaseWith = (fields: object, name = NAME): Release =>
  inTemporaryFolder((library) => {
    const folder = join(library, 'snippets', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'symbols.json'), JSON.stringify({ release: name, symbols, ...fields }));
    return loadRelease(name, [library]);
  });

describe('the stubs of a release', () => {
  it('are those of its files', () => {
    expect(releaseWith({ stubs: [stub] }).stubs).toEqual([stub]);
  });

  it('are those of the shipped release where its files list none', () => {
    expect(releaseWith({}).stubs).toEqual(loadRelease().stubs);
  });

  it('come with the constants for candidates of the shipped release where it has none of its own', () => {
    expect(releaseWith({}).header).toBe(loadRelease().header);
  });

  it('can be replaced one by one in a library', () => {
    const shipped = loadRelease();
    const { stubs } = releaseWith({ stubs: [stub] }, shipped.name);
    expect(stubs).toEqual(shipped.stubs.map((one) => (one.symbol === stub.symbol ? stub : one)));
  });

  it.each<[string, object, RegExp]>([
    ['no work', {}, /stubs\[0\]\.does/u],
    ['two kinds of work', { returns: 1, heap: 'kfree' }, /stubs\[0\]\.does/u],
    ['work that is not known', { sleeps: 1 }, /sleeps/u],
    ['a struct without the field of its count', { puts: { struct: 'file', cache: 'filp' } }, /count/u],
    [
      'a struct without a layout',
      { reads: { struct: 'constructor', field: 'x' } },
      /^stubs\[0\]\.does\.reads\.struct: there is no layout of struct constructor/u,
    ],
    [
      'a field that the struct does not have',
      { reads: { struct: 'file', field: 'x' } },
      /^stubs\[0\]\.does\.reads\.field: struct file has no field x/u,
    ],
    [
      'a freed field that the struct does not have',
      { puts: { struct: 'file', count: 'f_count', cache: 'filp', frees: [{ field: 'x', by: 'kfree' }] } },
      /^stubs\[0\]\.does\.puts\.frees\[0\]\.field: struct file/u,
    ],
  ])('with %s are refused', (_, does, message) => {
    expect(complaintOf([{ ...stub, does }])).toMatch(message);
  });

  it('are refused twice for one function, and for a function that is not there', () => {
    expect(complaintOf([stub, stub])).toMatch(/^stubs\[1\]\.symbol: printk has a stub already, stubs\[0\]/u);
    expect(complaintOf([{ ...stub, symbol: 'prink' }])).toMatch(
      /^stubs\[0\]\.symbol: there is no function prink/u,
    );
  });
});

const complaintOf = (stubs: readonly object[]): string => {
  try {
    releaseWith({ stubs });
  } catch (error) {
    const { message, where } = error as { message: string; where: { field?: string } };
    return `${where.field ?? ''}: ${message}`;
  }
  return 'no complaint';
};
