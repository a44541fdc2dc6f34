// oopslab.h through gcc and clang.
import { spawnSync } from 'node:child_process';
import { afterAll, it, expect } from 'vitest';
import { callablesOf } from '../../src/candidate/callable.js';
import { headerText } from '../../src/candidate/header.js';
import { KERNEL_FLAGS } from '../../src/candidate/compile.js';
import { loadRelease } from '../../src/release/snippet.js';
import { COMPILATIONS, Folder } from '../helpers/candidate-tools.js';

const folder = new Folder();
afterAll(() => folder.remove());
const release = loadRelease();

// A use of each declaration: what is only declared could not be wrong.
const uses = callablesOf(release)
  .filter(({ prototype, how }) => how === 'data' || prototype !== undefined)
  .map(({ name, how }) => (how === 'data' ? `(const void *)&${name}` : `(const void *)${name}`));
const source = `#include "oopslab.h"
#include "oopslab.h"
const void *const all[] = { ${uses.join(', ')} };
int main(void) { bool fine = true; u64 wide = 0; return fine && kzalloc(1, GFP_KERNEL) != NULL && wide == MAX_TREE_SIZE; }
`;

for (const { cc, optimize, missing, title } of COMPILATIONS) {
  it.skipIf(missing).each(['gnu11', 'c11', 'gnu2x'])(
    `oopslab.h is C without a warning (${title}, %s)`,
    (standard) => {
      folder.write('oopslab.h', headerText(release));
      const path = folder.write('uses.c', source);
      const strict = ['-Wall', '-Wextra', '-Werror', `-std=${standard}`, optimize];
      const run = spawnSync(cc, [...KERNEL_FLAGS, ...strict, '-c', '-o', '/dev/null', path], {
        encoding: 'utf8',
      });
      expect(run).toMatchObject({ status: 0, stderr: '' });
    },
  );
}
