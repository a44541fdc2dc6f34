// The readers of whole commands: libraries, arguments, and sources for a compiler.
import { wordOf } from '../helpers/corpus-readers.js';
import { oopslab } from '../helpers/oopslab.js';
import { type ArgumentWords, mutateArguments } from './arguments.js';
import { CODE, MANIFEST, PLAIN_SCENARIO, hexOf } from './guest-targets.js';
import { LESSON } from './report-targets.js';
import { KB, folder, jsonOf, structured, textual, type Target } from './target.js';

// --- library, arguments, source ---------------------------------------------------------------------------------------

const LIBRARY = {
  'scenarios/x.yaml': PLAIN_SCENARIO,
  'lessons/x.md': LESSON,
  'snippets/3.0.101-84-default/guest.json': JSON.stringify({
    ...MANIFEST,
    variant: undefined,
    module: undefined,
    bugs: [],
    parts: undefined,
  }),
  'snippets/3.0.101-84-default/guest.hex': hexOf(CODE),
  'snippets/3.0.101-84-default/symbols.json': '{"symbols": []}',
  'candidates/x.c': 'int x;',
};
export const library: Target = {
  seeds: [JSON.stringify(LIBRARY)],
  mutate: structured(
    () => [...Object.keys(LIBRARY), 'scenarios', 'snippets', 'lessons/', 'scenarios/y.yaml/', 'a/b/c'],
    16 * KB,
  ),
  quick: () => '',
  wholeOneIn: 1,
};

const isCheap = ({ args }: ArgumentWords): boolean => {
  if (args.some((one) => /^\/(?!dev\/null$)|^~/u.test(one))) return false; // nothing outside the folder is written
  return args.includes('--help') || !args.some((one) => ['check', 'serve', 'step', 'sweep'].includes(one));
};
const ARGUMENT_SEEDS = [
  ['replay', 'lookup-empty-slot', '--set', 'id=7'], ['dis', 'shm_close+0x3e', '--bytes'], ['compare', '13008943', '13008988', '--json'], ['help', 'check'],
  ['scenarios', '--json'], ['snippets'], ['headers', '--release', '3.0.101-84-default'], ['decode', '--report', '2', '--md'], ['lesson', 'which-id', '--answers'],
  ['crash', '-c', 'bt'], ['diff', 'a.rec', 'b.rec'], ['oops', '--recording', 'x.rec'], ['lineage', '--at', 'shm_close+0x3e', '--value', 'vma'], ['--version'],
  ['report', '--alone', '--compare', 'x'], ['check', '--shard', '1/2'], ['chart', 'sweep', '--lengths', '1-2'],
]; // prettier-ignore
export const argumentList: Target = {
  seeds: ARGUMENT_SEEDS.map((args) => JSON.stringify({ args })),
  mutate: (random, input, other) =>
    Buffer.from(JSON.stringify(mutateArguments(random, jsonOf(input), jsonOf(other)))),
  quick: async (input) => {
    const { args = [], stdin = '' } = jsonOf(input) as { args?: string[]; stdin?: string };
    if (!Array.isArray(args) || !isCheap({ args: args.map(wordOf) })) return 'left out';
    const { status, stdout, stderr } = await oopslab(args.map(wordOf), {
      stdin: wordOf(stdin),
      cwd: folder,
      env: { OOPSLAB_STATE: folder },
    });
    return JSON.stringify({ status, stdout, stderr });
  },
  wholeOneIn: Infinity,
};

const SOURCE = `#include "oopslab.h"
char *cifs_build_path_to_root(struct smb_vol *vol, struct cifs_sb_info *cifs_sb, struct cifs_tcon *tcon)
{
	char *p = kmalloc(32, GFP_KERNEL);
	static int x = 3;
	if (p)
		p[0] = vol->prepath ? vol->prepath[x] : 0;
	return p;
}
`;
export const source: Target = {
  seeds: [SOURCE],
  mutate: textual(
    [
      'static',
      'int',
      'char',
      '*',
      '{',
      '}',
      ';',
      'asm("',
      '.section x',
      '__attribute__((',
      'kfree(p);',
      'goto x;',
      'extern',
      '#include "',
      'long double',
    ],
    4 * KB,
  ),
  quick: () => '',
  wholeOneIn: 1,
};
