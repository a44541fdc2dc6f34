// Slips in a scenario file: each is refused with its place, what is wrong and what would be right.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { readParameters } from '../../src/scenario/parameters.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { loadRelease } from '../../src/release/snippet.js';
import { buildWorld } from '../../src/run/world.js';

const library = mkdtempSync(join(tmpdir(), 'oopslab-slips-'));
mkdirSync(join(library, 'scenarios'));
afterAll(() => rmSync(library, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const file = join(library, 'scenarios', `${name}.yaml`);
  writeFileSync(file, `format: oopslab scenario 1\nname: ${name}\n${text}`);
  return file;
};

const build = (reference: string): void => {
  const scenario = loadScenario(reference, [library]);
  buildWorld(scenario, loadRelease(scenario.spec.release), readParameters(scenario));
};

const complaint = (reference: string): string => {
  try {
    build(reference);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { file = '', line, column, field } = error.where;
    return `${file.slice(library.length + '/scenarios/'.length)}:${line}:${column}: ${field ?? ''}: ${error.message}`;
  }
  return 'no complaint';
};

/** A file that extends nothing, with a world of `caches`. */
const whole = (caches: string, rest = '') =>
  `title: one\nrelease: 3.0.101-84-default\nworld:\n  caches: { ${caches} }\n${rest}steps: {}\nexpect: {}\n`;

describe('a slip', () => {
  it.each<[string, string, RegExp]>([
    ['anchor', 'extends: shm-close-bug\nworld: { objects: { vma: { set: { vm_file: &file } } } }\n', /^anchor\.yaml:4:\d+: : YAML takes &file for an anchor of nothing; quote a reference: '&file'$/u],
    ['decimal', 'extends: shm-close-bug\nworld: { gs: 18446612150483099649 }\n', /^decimal\.yaml:4:14: : 18446612150483099649 has more digits .* write it as 0x…$/u],
    ['removes-nothing', 'extends: shm-close-bug\nsteps: { attach C: null }\n', /^removes-nothing\.yaml:4:\d+: steps\.attach C: null removes .* there is nothing$/u],
    ['nothing', whole('size-32: null'), /^nothing\.yaml:6:22: world\.caches\.size-32: null removes/u],
    ['cache', whole('size-33: { frames: [0x100] }'), /^cache\.yaml:6:\d+: world\.caches\.size-33: not a known cache, so it needs an "objectSize"; known are size-32, /u],
    ['align', whole('mine: { frames: [0x100], objectSize: 40, align: 24 }'), /^align\.yaml:6:\d+: world\.caches\.mine\.align: should be a power of two, found 24$/u],
    ['colour', whole('size-256: { frames: [0x100], colours: { 0x100: 2 } }'), /^colour\.yaml:6:\d+: world\.caches\.size-256\.colours\.0x100: should be at most 1: /u],
    ['colour-frame', whole('size-256: { frames: [0x100], colours: { 0x101: 0 } }'), /: 0x101 is not a frame of size-256$/u],
    ['no-frames', whole('size-32: {}'), /^no-frames\.yaml:6:\d+: world\.caches\.size-32: the field "frames" is missing$/u],
    ['extends-unknown', 'extends: shm-close-bgu\n', /^extends-unknown\.yaml:3:10: extends: there is no scenario "shm-close-bgu"; did you mean "shm-close-bug"\? There are /u],
    ['extends-itself', 'extends: extends-itself.yaml\n', /^extends-itself\.yaml:3:10: extends: extends-itself\.yaml comes back to this file/u],
  ])('of kind %s is refused with its place', (name, text, expected) => {
    expect(complaint(write(name, text))).toMatch(expected);
  }); // prettier-ignore
});

describe('YAML that does not mean what it looks like', () => {
  const file = (name: string, text: string): string => {
    const path = join(library, 'scenarios', `${name}.yaml`);
    writeFileSync(path, text);
    return path;
  };
  const HEAD = 'format: oopslab scenario 1\nname: x\nextends: shm-close-bug\n';
  const PLAIN = 'a scenario is plain YAML 1\\.2';

  it.each<[string, string, string]>([
    ['key-map', `${HEAD}given: { ? { a: 1 } : 2 }\n`, `:4:12: : ${PLAIN}: a key is text, not a list, a map or an alias`],
    ['key-list', `${HEAD}given: { [a, b]: 2 }\n`, `:4:10: : ${PLAIN}: a key is text`],
    ['key-alias', `${HEAD}title: &t x\ngiven: { *t : 2 }\n`, `:5:10: : ${PLAIN}: a key is text`],
    ['key-null', `${HEAD}given: { : 2 }\n`, `:4:\\d+: : ${PLAIN}: a key is text, not nothing`],
    ['tag', `${HEAD}title: !foo x\n`, `:4:13: : ${PLAIN}, without tags such as !foo`],
    ['tag-set', `${HEAD}given: !!set { a, b }\n`, `:4:14: : ${PLAIN}, without tags such as tag:yaml.org,2002:set`],
    ['tag-omap', `${HEAD}given: !!omap [a: 1]\n`, `:4:15: : ${PLAIN}, without tags such as`],
    ['tag-binary', `${HEAD}title: !!binary aGFsbG8=\n`, `:4:17: : ${PLAIN}, without tags such as`],
    ['yaml-1.1', `# old\n%YAML 1.1\n---\n${HEAD}`, `:2:1: : ${PLAIN}, without directives such as %YAML 1\\.1`],
    ['yaml-tag', `%TAG ! tag:x,2000:\n---\n${HEAD}`, `:1:1: : ${PLAIN}, without directives such as %TAG`],
    ['merge', `${HEAD}given: { <<: { pid: 1 } }\n`, `:4:10: : ${PLAIN}, without merge keys`],
    ['cycle', `${HEAD}given: &g { a: *g }\n`, ':4:16: : the alias \\*g lies inside what &g names, so it has no end'],
    ['cycle-steps', `${HEAD}steps: &s\n  a: { do: [{ set: *s }] }\n`, ':5:20: : the alias \\*s lies inside what &s names'],
    ['deep', `${HEAD}given: ${'['.repeat(150)}${']'.repeat(150)}\n`, ':4:\\d+: : YAML: nested deeper than 100 levels'],
    ['deeper', `${HEAD}given: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`, ':4:\\d+: : YAML: nested deeper than 100 levels'],
  ])('of kind %s is refused with its place', (name, text, expected) => {
    expect(complaint(file(name, text))).toMatch(new RegExp(`^${name.replace('.', '\\.')}\\.yaml${expected}`, 'u'));
  }); // prettier-ignore

  it('does not mean an alias of something else, nor a quoted <<', () => {
    expect(complaint(file('alias', `${HEAD}title: &t x\nclaim: *t\n`))).toBe('no complaint');
  });
});

const OBJECT = (at: string, rest = '') =>
  `  objects: { o: { size: 4096, at: ${at}, source: test${rest} } }\n`;
const MEMORY = (at: string, size: number) =>
  `  memory: [{ name: m, at: ${at}, size: ${size}, source: test }]\n`;
const WORD = (at: string) => `  words: [{ at: ${at}, value: 0, source: test }]\n`;

describe('a place in memory', () => {
  it.each<[string, string, RegExp]>([
    ['gs-top', '  gs: 0xffffffffffffffff\n', /:7:7: world\.gs: the per-CPU word current would lie over the top of the address space$/u],
    ['gs-page', '  gs: 0xfffffffffffff000\n', /:7:7: world\.gs: the per-CPU word current would lie over the top/u],
    ['gs-hole', '  gs: 0x7ffffffff000\n', /:7:7: world\.gs: 0x800000009600 is not canonical/u],
    ['gs-heap', '  gs: 0xffff880000ff6a00\n', /:7:7: world\.gs: the per-CPU word current overlaps the slab management at /u],
    ['object-top', OBJECT('0xffffffffffffff00'), /:7:\d+: world\.objects\.o\.at: o from 0xffffffffffffff00 on has 4096 bytes and would end over the top/u],
    ['object-hole', OBJECT('0x7fffffffff00'), /world\.objects\.o\.at: .* would end at 0x800000000eff, which is not canonical$/u],
    ['object-low', OBJECT('0x8', ', header: 16'), /world\.objects\.o\.at: o would begin below address 0$/u],
    ['memory-top', MEMORY('0xffffffffffffffff', 2), /:7:\d+: world\.memory\[0\]\.at: m from 0xffffffffffffffff on has 2 bytes/u],
    ['memory-heap', MEMORY('0xffff880001000100', 8), /world\.memory\[0\]\.at: m overlaps the slab management/u],
    ['word-top', WORD('0xfffffffffffffffc'), /:7:\d+: world\.words\[0\]\.at: this word from 0xfffffffffffffffc on has 8 bytes/u],
    ['word-current', WORD('0xffff88043fc0a600'), /this word overlaps the per-CPU word current/u],
    ['word-code', WORD('0xffffffff81249104'), /world\.words\[0\]\.at: this word overlaps the page with the code of /u],
    ['word-bugs', WORD('0xffffffff81671008'), /world\.words\[0\]\.at: this word overlaps the bug table/u],
    ['frame-heap', '  cpu: 1\n', /caches\.size-32\.frames\[0\]: this page frame overlaps the slab management/u],
    ['too-much', `  memory:\n${Array.from({ length: 17 }, (_, index) => `    - { name: m, at: 0xffff8802${(index + 16).toString(16)}000000, size: 16777216, source: test }\n`).join('')}`, /:23:\d+: world\.memory\[15\]\.at: the world would have more than 268435456 bytes of memory$/u],
  ])('%s is checked to its end', (name, world, expected) => {
    const frame = name === 'frame-heap' ? '0x1000' : '0x100';
    expect(complaint(write(name, whole(`size-32: { frames: [${frame}] }`, world)))).toMatch(expected);
  }); // prettier-ignore

  it('at the very end of the address space is one like any other', () => {
    expect(complaint(write('end', whole('size-32: { frames: [0x100] }', MEMORY('0xfffffffffffff000', 4096))))).toBe('no complaint');
  }); // prettier-ignore

  it('for the name of a cache has 63 characters', () => {
    expect(complaint(write('cache-name', whole('é: { frames: [0x100], objectSize: 64 }')))).toMatch(/world\.caches\.é: the name of a cache should be 1 to 63 printable ASCII characters$/u);
  }); // prettier-ignore
});

describe('a slip in a step', () => {
  it.each<[string, string, RegExp]>([
    ['on-slab', 'readers: { do: [{ kmalloc: { as: one, size: 64, slab: two } }] }', /^steps\.readers\.do\[0\]\.kmalloc\.slab: the struct slab of size-64 lies in the slab's own page and has no name$/u],
    ['cache-field', "read slabinfo: { call: { arguments: ['&seq', cache(size-64).nxt] } }", /arguments\[1\]: struct kmem_cache has no field "nxt"; it has batchcount, /u],
    ['empty-text', "readers: { do: [{ kmalloc: { as: one, text: $t, struct: shm_file_data, set: { id: 1 } } }] } }\nparameters: { t: { type: text, default: '' }", /^steps\.readers\.do\[0\]\.kmalloc\.set\.id: the 4 bytes at 0x0 are not memory that the guest can write$/u],
    ['no-cache', "read slabinfo: { call: { arguments: ['&seq', cache(size-65).next] } }", /arguments\[1\]: the world has no cache "size-65"$/u],
  ])('of kind %s is refused when it runs', (name, steps, expected) => {
    const file = write(name, `extends: slabinfo-bug\nsteps: { ${steps} }\n`);
    try {
      replay(loadScenario(file));
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      expect(`${error.where.field}: ${error.message}`).toMatch(expected);
    }
  }); // prettier-ignore
});

describe('a fact that the oops states', () => {
  it.each<[string, string, RegExp]>([
    ['pid-negative', '{ pid: -5 }', /^pid-negative\.yaml:4:15: given\.pid: should be a number, at least 0, or 0x…, found -5$/u],
    ['pid-true', '{ pid: true }', /:4:15: given\.pid: should be a number, at least 0, or 0x…, found true$/u],
    ['taint', '{ taint: foo }', /:4:17: given\.taint: should be "Not tainted" or "Tainted: " and flags, found "foo"$/u],
    ['comm', '{ comm: "a\\nb" }', /:4:16: given\.comm: should have no control or invisible character, found \\n$/u],
    ['modules', '{ modules: lp }', /:4:19: given\.modules: should be a list of names/u],
    ['unknown', '{ pdi: 5 }', /^unknown\.yaml:4:15: given\.pdi: unknown field "pdi"; did you mean "pid"\?$/u],
    ['unknown-far', '{ colour: red }', /^unknown-far\.yaml:4:18: given\.colour: unknown field "colour"; known here: modules, lastUnloaded, /u],
    ['proto', '{ __proto__: 5 }', /^proto\.yaml:4:21: given\.__proto__: unknown field "__proto__"; known here: /u],
    ['smp', '{ smp: 1 }', /:4:15: given\.smp: should be true or false, found 1$/u],
  ])('of kind %s is checked when the scenario is loaded', (name, given, expected) => {
    expect(complaint(write(name, `extends: shm-close-bug\ngiven: ${given}\n`))).toMatch(expected);
  }); // prettier-ignore
});

describe('a scenario of a library', () => {
  it('may have a shipped name and extend what it replaces; shipped ones do not notice', () => {
    write('shm-close-bug', 'extends: shm-close-bug\ntitle: mine\n');
    expect(loadScenario('shm-close-bug', [library]).spec.title).toBe('mine');
    expect(loadScenario('shm-close-control', [library]).spec.claim).toBe(
      loadScenario('shm-close-control').spec.claim,
    );
    rmSync(join(library, 'scenarios/shm-close-bug.yaml'));
  });

  it('may give a part of a parameter or of a call', () => {
    const file = write(
      'part',
      'extends: shm-close-bug\nparameters: { tree: { default: x } }\nsteps: { exit: { call: { registers: { r8: -0x1 } } } }\n',
    );
    expect(complaint(file)).toBe('no complaint');
    expect(loadScenario(file).spec.parameters?.['tree']).toMatchObject({ type: 'text', default: 'x' });
  });
});

describe('values', () => {
  it('name objects in the address of a word', () => {
    const file = write(
      'word',
      whole(
        'size-32: { frames: [0x100] }',
        "  objects: { o: { size: 32, at: 0xffff880000100200, source: invented } }\n  words: [{ at: '&o', value: '&o', source: invented }]\n",
      ),
    );
    expect(complaint(file)).toBe('no complaint');
  });
});
