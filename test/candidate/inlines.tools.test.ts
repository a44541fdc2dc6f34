// The inline functions of oopslab.h do what those of the C library do, natively, over drawn inputs.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { headerText } from '../../src/candidate/header.js';
import { loadRelease } from '../../src/release/snippet.js';
import { COMPILERS, Folder } from '../helpers/candidate-tools.js';

const folder = new Folder();
afterAll(() => folder.remove());
folder.write('oopslab.h', headerText(loadRelease()));
const source = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/kernel-inlines/${name}`, import.meta.url));

describe.each(COMPILERS)('an inline function ($cc)', ({ cc, missing }) => {
  it.skipIf(missing).each(['-O0', '-O2', '-Os'])('gives what others give (%s)', (optimize) => {
    const [ours, program] = ['ours.o', 'program'].map((name) => join(folder.path, name)) as [string, string];
    const compiled = spawnSync(
      cc,
      ['-ffreestanding', '-Wall', '-Wextra', optimize, '-I', folder.path, '-c', '-o', ours, source('ours.c')],
      { encoding: 'utf8' },
    );
    expect(compiled).toMatchObject({ status: 0, stderr: '' });
    const linked = spawnSync(cc, ['-O1', '-w', '-o', program, source('theirs.c'), ours], {
      encoding: 'utf8',
    });
    expect(linked).toMatchObject({ status: 0, stderr: '' });
    expect(spawnSync(program, { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '0 failures\n' });
  });
});
