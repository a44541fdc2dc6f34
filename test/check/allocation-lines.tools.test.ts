// "Allocated by" names the line of the author's file, whatever the compiler inlines.
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COMPILATIONS, Folder } from '../helpers/candidate-tools.js';
import { oopslab } from '../helpers/oopslab.js';

const folder = new Folder();
afterAll(() => folder.remove());

const LEAKS = `#include "oopslab.h"
char *cifs_build_path_to_root(struct smb_vol *vol, struct cifs_sb_info *cifs_sb, struct cifs_tcon *tcon)
{
	char *lost = kmalloc(20, GFP_KERNEL);
	char *cleared =
		kzalloc(40, GFP_KERNEL);
	char *copy = kstrdup("twelve bytes", GFP_KERNEL);
	(void)vol; (void)cifs_sb; (void)tcon;
	if (copy) *(volatile char *)copy = 1;
	if (lost) *(volatile char *)lost = 1;
	if (cleared) *(volatile char *)cleared = 1;
	return NULL;
}
`;

describe.each(COMPILATIONS.filter(({ optimize }) => ['-O0', '-O2'].includes(optimize)))(
  '$title',
  { timeout: 60_000 },
  ({ cc, optimize, missing }) => {
    it.skipIf(missing)('has the lines of kmalloc(), kzalloc() and kstrdup()', async () => {
      const file = folder.write('lost.c', LEAKS);
      const kept = join(folder.path, `${cc}${optimize}`);
      const { stdout } = await oopslab([
      'check', file, '--cc', cc, '--cflags', optimize, '--runs', '20', '--jobs', '1', '--counterexamples', kept,
    ]); // prettier-ignore
      const made = stdout.split('\n').filter((line) => / cifs_build_path_to_root\+\S+  lost\.c:/u.test(line));
      expect(made.map((line) => /lost\.c:(\d+)$/u.exec(line)?.[1]).slice(-3)).toEqual(['4', '6', '7']);
      expect(stdout).not.toContain('oopslab.h:');
    });
  },
);
