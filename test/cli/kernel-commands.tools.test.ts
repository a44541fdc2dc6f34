// `struct` and `whatis` on a kernel in small, compiled by gcc, with BTF by pahole: what they say against gcc's offsetof() and
// sizeof(), and against nm.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oopslab } from '../helpers/oopslab.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-kernel-commands-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PATHS = [
  'outer.first',
  'outer.second',
  'outer.inside',
  'outer.named.deep',
  'outer.list.next',
  'outer.array[2]',
  'outer.array[2].b',
  'outer.call',
  'outer',
];
const SOURCE = `
struct list { struct list *next, *prev; };
struct pair { char a; int b; };
struct outer {
  char first;
  long second;
  union { int inside; short other; };
  struct { char pad; long deep; } named;
  struct list list;
  unsigned int bit:3, more:5;
  struct pair array[4];
  int (*call)(struct outer *outer, int count);
};
struct outer one;
const char banner[] __attribute__((section(".rodata"))) = "Linux version 6.99.0-small (builder)";
int use(struct outer *outer, int count) { return outer->call(outer, count + outer->array[2].b); }
int start(void) { return use(&one, 3); }
const unsigned long facts[] __attribute__((section(".facts"))) = {
${PATHS.map((path) => (path.includes('.') ? `__builtin_offsetof(struct outer, ${path.slice(6)}), sizeof(((struct outer *)0)->${path.slice(6)}),` : '0, sizeof(struct outer),')).join('\n')}
};
`; // prettier-ignore

const tool = (command: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout;
};

const image = join(folder, 'vmlinux');
const ask = (...args: readonly string[]) => oopslab([...args, '--kernel', image]);
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictTypes: false });
const schemas = Object.fromEntries(
  ['struct', 'whatis'].map((name) => [
    name,
    ajv.compile(
      JSON.parse(
        readFileSync(fileURLToPath(new URL(`../../schema/${name}.schema.json`, import.meta.url)), 'utf8'),
      ) as object,
    ),
  ]),
);
const answer = async (...args: readonly string[]) => {
  const { status, stdout, stderr } = await ask(...args, '--json');
  expect(status, stderr + stdout).toBe(0);
  const document: unknown = JSON.parse(stdout);
  const validate = schemas[args[0]!]!;
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document as Record<string, any>; // oxlint-disable-line typescript/no-explicit-any
};

beforeAll(() => {
  writeFileSync(join(folder, 'small.c'), SOURCE);
  tool('gcc', '-g', '-O1', '-fno-pie', '-mcmodel=kernel', '-fno-stack-protector', '-c', 'small.c');
  tool('ld', '-Ttext=0xffffffff81000000', '--section-start=.rodata=0xffffffff82000000', '-e', 'start', '-o', 'vmlinux', 'small.o');
  tool('pahole', '-J', 'vmlinux');
}, 60_000); // prettier-ignore

describe('struct', () => {
  it('says the offsets and sizes that the compiler says', async () => {
    tool(
      'objcopy',
      '-O',
      'binary',
      '--only-section=.facts',
      '--set-section-flags',
      '.facts=alloc',
      'small.o',
      'facts',
    );
    const facts = readFileSync(join(folder, 'facts')); // prettier-ignore
    for (const [index, path] of PATHS.entries()) {
      const { structs, release } = await answer('struct', path);
      expect(release).toBe('6.99.0-small');
      expect(structs).toHaveLength(1);
      const [found] = structs;
      expect({ path, offset: found.member?.offset ?? 0, size: found.member?.size ?? found.size }).toEqual({
        path,
        offset: Number(facts.readBigUInt64LE(16 * index)),
        size: Number(facts.readBigUInt64LE(16 * index + 8)),
      });
    }
  });

  it('prints every member in C, with holes', async () => {
    const { stdout } = await ask('struct', 'outer');
    expect(stdout).toContain('XXX 7 bytes hole');
    expect(stdout).toMatch(/^ {8}unsigned int bit:3; +\/\* +\d+:0 +4 \*\/$/mu);
    expect(stdout).toMatch(/^ {8}int \(\*call\)\(struct outer \*, int\); /mu);
    expect(stdout).toMatch(/^ {16}long int deep; /mu);
  });

  it.each([
    [['struct', 'outre'], /has no struct "outre"; did you mean "outer"\?/u],
    [['struct', 'outer.secnod'], /outer has no member "secnod"; did you mean "second"\?/u],
    [['struct', 'outer.second.x'], /outer.second is no struct, and has no member "x"/u],
    [['struct', 'outer.array[4]'], /has no member "array\[4\]"/u],
    [['struct', 'outer', '--release', '6.1.0'], /has no kernel 6.1.0: there is 6.99.0-small/u],
    [['struct', 'outer', '--module', 'cifs'], /there is no module cifs/u],
    [['whatis', 'strat'], /has no symbol "strat"; did you mean "start"\?/u],
    [['whatis', 'start+0x1000'], /start has 0x[\da-f]+ bytes, and no \+0x1000/u],
    [['whatis', '0x10'], /has no symbol at 0x10; of a kernel that was moved/u],
    [['whatis', 'a b'], /is no address and no symbol/u],
    [['whatis', 'use', '--offset', '12'], /It is a number as/u],
  ])('%j is refused in one line', async (args, message) => {
    const { status, stdout, stderr } = await ask(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('needs a kernel', async () => {
    expect((await oopslab(['struct', 'outer'])).stderr).toMatch(/--kernel: name the kernel/u);
  });
});

describe('whatis', () => {
  it('says of each function what nm says, by name, by address, and moved', async () => {
    const functions = tool('nm', 'vmlinux')
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, type]) => type === 'T');
    expect(functions.map(([, , name]) => name)).toEqual(['start', 'use']);
    for (const [address = '', , name = ''] of functions) {
      const moved = (BigInt(`0x${address}`) + 0x1200_0000n).toString(16);
      for (const args of [[name], [`0x${address}`], [address], [moved, '--offset', '0x12000000']]) {
        const { places } = await answer('whatis', ...args);
        expect(places).toMatchObject([{ symbol: name, offset: 0, place: `0x${address}`, kind: 'function' }]);
      }
    }
    const { stdout } = await ask('whatis', 'use+0x1');
    expect(stdout).toContain('int use(struct outer *outer, int count)');
  });
});
