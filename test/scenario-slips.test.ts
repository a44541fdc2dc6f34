// Slips in a scenario file: each is refused with its place, what is wrong and what would be right.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../src/errors.js';
import { readParameters } from '../src/parameters.js';
import { replay } from '../src/replay.js';
import { loadScenario } from '../src/scenario.js';
import { loadRelease } from '../src/snippet.js';
import { buildWorld } from '../src/world.js';

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
    ['colour-frame', whole('size-256: { frames: [0x100], colours: { 0x101: 0 } }'), /: 0x101 is none of the frames of size-256$/u],
    ['no-frames', whole('size-32: {}'), /^no-frames\.yaml:6:\d+: world\.caches\.size-32: the field "frames" is missing$/u],
    ['extends-unknown', 'extends: shm-close-bgu\n', /^extends-unknown\.yaml:3:10: extends: there is no scenario "shm-close-bgu"; did you mean "shm-close-bug"\? There are /u],
    ['extends-itself', 'extends: extends-itself.yaml\n', /^extends-itself\.yaml:3:10: extends: extends-itself\.yaml comes back to this file/u],
  ])('of kind %s is refused with its place', (name, text, expected) => {
    expect(complaint(write(name, text))).toMatch(expected);
  }); // prettier-ignore
});

describe('a slip in a step', () => {
  it.each<[string, string, RegExp]>([
    ['on-slab', 'readers: { do: [{ kmalloc: { as: one, size: 64, slab: two } }] }', /^steps\.readers\.do\[0\]\.kmalloc\.slab: the struct slab of size-64 lies in the slab's own page and has no name$/u],
    ['cache-field', "read slabinfo: { call: { arguments: ['&seq', cache(size-64).nxt] } }", /arguments\[1\]: struct kmem_cache has no field "nxt"; it has batchcount, /u],
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
