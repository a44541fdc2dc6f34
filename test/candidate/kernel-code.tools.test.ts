// Ordinary kernel code compiles with oopslab.h, without a warning.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileSource } from '../../src/candidate/compile.js';
import { headerText } from '../../src/candidate/header.js';
import { headerFor } from '../../src/candidate/own-names.js';
import { loadRelease } from '../../src/release/snippet.js';
import { COMPILERS } from '../helpers/candidate-tools.js';

const folder = fileURLToPath(new URL('../fixtures/kernel-code/', import.meta.url));
const files = readdirSync(folder).toSorted();
const header = headerText(loadRelease());

describe.each(COMPILERS)('ordinary kernel code ($cc)', ({ cc, missing }) => {
  for (const optimize of ['-O0', '-O2', '-Os'])
    it.skipIf(missing).each(['gnu89', 'gnu11'])(
      `compiles without a warning (${optimize}, %s)`,
      { timeout: 120_000 },
      (standard) => {
        const flags = ['-Wall', '-Wextra', '-Werror', `-std=${standard}`];
        for (const file of files)
          expect(
            () => compileSource(`${folder}${file}`, header, { cc, optimize, flags }),
            file,
          ).not.toThrow();
      },
    );
});

describe('the header for a file that defines some of its names', () => {
  const own = (source: string): string[] =>
    [...headerFor(header, source).matchAll(/^#undef (\w+)$/gmu)].map(([, name]) => name!);

  it('gives way to functions, structs, types, constants, variables and attributes', () => {
    expect(own(readFileSync(`${folder}own.c`, 'utf8')).toSorted()).toEqual(
      [
        'EINVAL',
        'ENOMEM',
        'atomic_t',
        'current',
        'isspace',
        'kstrdup',
        'list_del',
        'min',
        'noinline',
        'path',
      ].toSorted(),
    );
  });

  it.each(files.filter((file) => file !== 'own.c'))('is the same for one that uses them: %s', (file) => {
    expect(own(readFileSync(`${folder}${file}`, 'utf8'))).toEqual([]);
  });

  it.each([
    ['a call', 'if (min(a, b) > 3) { x(); }'],
    ['a call after a keyword', 'if (a) { } else list_for_each_entry(a, b, c) { }'],
    ['a returned call', 'int f(void) { return min(a, b); } void g(void) { }'],
    ['a comparison', 'if (err == ENOMEM || ENOMEM == err) { }'],
    ['a list of values', 'static const int all[] = { ENOMEM, EINVAL };'],
    ['a comment', '/* static int min(int a, int b) { } */'],
    ['a text', 'char *t = "enum { ENOMEM = 12 }";'],
    ['a task', 'struct task_struct *task = current; return current; f(current, a); current->pid = 1;'],
    ['a bare attribute', 'static noinline int f(void) { }'],
    ['a declaration', 'struct path; struct path *p; extern int min_of(int a);'],
  ])('is the same for %s', (_, source) => {
    expect(own(source)).toEqual([]);
  });
});
