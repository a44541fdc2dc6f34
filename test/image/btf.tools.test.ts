// BTF against the compiler that wrote it: sizes and offsets are what the same compiler's sizeof and offsetof are.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { Btf, type StructType } from '../../src/image/btf.js';
import { declare, declareFunction } from '../../src/image/declare.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-btf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SOURCE = `
typedef unsigned int u32;
typedef u32 gfp_t;
struct list_head { struct list_head *next, *prev; };
struct page;
enum state { IDLE, BUSY = 7 };
union word { long number; char bytes[8]; };
struct inner { char tag; short count; union word word; };
struct outer {
  struct list_head list;
  const char *name;
  u32 flags : 3, mode : 5;
  u32 rest;
  struct inner all[3];
  union { long key; struct { int low, high; }; };
  enum state state;
  int (*open)(struct outer *self, const struct page *page, ...);
  char *const fixed;
  volatile gfp_t mask;
  unsigned long matrix[2][5];
};
struct outer the_outer;
union word the_word;
int frob(struct outer *outer, const char *const *names, enum state state) { return outer->rest + state + (names != 0); }
void (*handler_of(int number))(struct page *page) { return number ? (void *)0 : (void *)1; }
#define AT(member) __builtin_offsetof(struct outer, member)
unsigned long facts[] = {
  sizeof(struct outer), sizeof(struct inner), sizeof(union word), sizeof(struct list_head), sizeof(enum state),
  AT(list), AT(name), AT(rest), AT(all), AT(key), AT(low), AT(high), AT(state), AT(open), AT(fixed), AT(mask), AT(matrix),
};
`;

/** The contents of a section of an ELF file; this file is for another machine, which the reader of ELF refuses. */
const sectionOf = (file: Buffer, name: string): Buffer => {
  const at = Number(file.readBigUInt64LE(40));
  const [count, names] = [file.readUInt16LE(60), file.readUInt16LE(62)];
  const header = (index: number) => ({
    name: file.readUInt32LE(at + 64 * index),
    from: Number(file.readBigUInt64LE(at + 64 * index + 24)),
    size: Number(file.readBigUInt64LE(at + 64 * index + 32)),
  });
  for (let index = 0; index < count; index += 1) {
    const { name: text, from, size } = header(index);
    const start = header(names).from + text;
    if (file.toString('latin1', start, file.indexOf(0, start)) === name)
      return file.subarray(from, from + size);
  }
  throw new Error(`no section ${name}`);
};

describe('BTF', () => {
  let bytes: Buffer;
  let facts: number[];
  let btf: Btf;
  beforeAll(() => {
    writeFileSync(join(folder, 'types.c'), SOURCE);
    const args = ['-target', 'bpf', '-g', '-O1', '-c', 'types.c', '-o', 'types.o'];
    const { status, stderr } = spawnSync('clang', args, { cwd: folder, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const object = readFileSync(join(folder, 'types.o'));
    bytes = sectionOf(object, '.BTF');
    const data = sectionOf(object, '.data');
    facts = Array.from({ length: data.length / 8 }, (_, index) => Number(data.readBigUInt64LE(8 * index)));
    btf = new Btf(bytes, 'types.o');
  });

  const structOf = (kind: 'struct' | 'union', name: string): StructType =>
    btf.type(btf.find(kind, name)!) as StructType;

  it('has the compiler’s sizes and offsets', () => {
    const outer = structOf('struct', 'outer');
    const anonymous = outer.members.find(({ name }) => name === '')!;
    const union = btf.type(anonymous.type) as StructType;
    const pair = union.members.find(({ name }) => name === '')!;
    const inPair = (name: string): number =>
      (btf.type(pair.type) as StructType).members.find((one) => one.name === name)!.bit / 8;
    const at = (name: string): number => outer.members.find((one) => one.name === name)!.bit / 8;
    const base = anonymous.bit / 8 + pair.bit / 8;
    expect([
      btf.sizeOf(btf.find('struct', 'outer')!),
      btf.sizeOf(btf.find('struct', 'inner')!),
      btf.sizeOf(btf.find('union', 'word')!),
      btf.sizeOf(btf.find('struct', 'list_head')!),
      btf.sizeOf(btf.find('enum', 'state')!),
      ...['list', 'name', 'rest', 'all'].map(at),
      anonymous.bit / 8,
      base + inPair('low'),
      base + inPair('high'),
      ...['state', 'open', 'fixed', 'mask', 'matrix'].map(at),
    ]).toEqual(facts);
    const flags = outer.members.filter(({ bits }) => bits > 0).map(({ name, bits }) => [name, bits]);
    expect(flags).toEqual([
      ['flags', 3],
      ['mode', 5],
    ]);
    expect(btf.sizeOf(outer.members.at(-1)!.type)).toBe(80);
  });

  it('is declared as C has it', () => {
    const outer = structOf('struct', 'outer');
    const shown = Object.fromEntries(outer.members.map(({ name, type }) => [name, declare(btf, type, name)]));
    expect(shown).toMatchObject({
      list: 'struct list_head list',
      name: 'const char *name',
      all: 'struct inner all[3]',
      state: 'enum state state',
      open: 'int (*open)(struct outer *, const struct page *, ...)',
      fixed: 'char *const fixed',
      mask: 'volatile gfp_t mask',
    });
    expect(declareFunction(btf, 'frob')).toBe(
      'int frob(struct outer *outer, const char *const *names, enum state state)',
    );
    expect(declareFunction(btf, 'handler_of')).toBe('void (*handler_of(int number))(struct page *)');
    expect(declareFunction(btf, 'no_such_function')).toBeUndefined();
  });

  it('of a module goes on where that of the kernel ends', () => {
    // A struct of its own, with a member whose type is the kernel's.
    const names = Buffer.from('\0own\0of_kernel\0', 'latin1');
    const strings = bytes.readUInt32LE(20);
    const words = [strings + 1, (4 << 24) | 1, 40, strings + 5, btf.find('struct', 'list_head')!, 128];
    const types = Buffer.from(Uint32Array.from(words).buffer);
    const header = Buffer.alloc(24);
    header.writeUInt16LE(0xeb9f, 0);
    header.writeUInt8(1, 2);
    header.writeUInt32LE(24, 4);
    header.writeUInt32LE(types.length, 12);
    header.writeUInt32LE(types.length, 16);
    header.writeUInt32LE(names.length, 20);
    const module = new Btf(Buffer.concat([header, types, names]), 'own.ko', btf);
    expect(module.find('struct', 'own')).toBe(btf.end);
    const [member] = (module.type(btf.end) as StructType).members;
    expect(declare(module, member!.type, member!.name)).toBe('struct list_head of_kernel');
    expect(module.find('struct', 'outer')).toBe(btf.find('struct', 'outer'));
    expect([...module.names('struct')].map(([name]) => name)).toEqual(['own']);
  });

  it('when damaged gives an error, or types', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, byte, cuts) => {
        const changed = Buffer.from(cuts ? bytes.subarray(0, at) : bytes);
        if (!cuts) changed[at] = byte;
        try {
          const found = new Btf(changed, 'damaged');
          for (let id = 1; id < found.end; id += 1) {
            expect(typeof declare(found, id, 'x')).toBe('string');
            expect(found.sizeOf(id)).toBeGreaterThanOrEqual(0);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
