// Command lines: words are doubled, left out, put elsewhere, changed; options of other commands come in.
import { COMMANDS } from '../../src/cli/commands.js';
import { wordOf } from '../helpers/corpus-readers.js';
import type { Random } from './random.js';
import { oddText } from './text.js';

/** A command line as an input. */
export interface ArgumentWords {
  readonly args: readonly string[];
}

const OPTIONS = [
  '--json', '--set', '--library', '--recording', '--help', '--version', '--full', '--provenance', '-c', '--command', '--size', '--hex', '--dec', '--common', '--md',
  '--code', '--report', '--types', '--each', '--redact', '--decodecode', '--run', '--analyst', '--value', '--at', '--step', '--all', '--chart', '--answers', '--reset', '--new',
  '--scenario', '--runs', '--seed', '--path', '--jobs', '--time', '--shard', '--merge', '--lengths', '--previous', '--release', '--bytes', '--alone', '--compare', '--',
]; // prettier-ignore
const VALUES = [
  'prepath=/team', 'previous=zero', 'id=', '=', 'id=0x', 'shm-close-bug', 'lookup-empty-slot', 'shm_close', 'shm_close+0x3e', 'which-id', 'vma', 'sfd->id', '0', '-1',
  '1/2', '0:7', '1-40', 'ffff880008012f80', '-EINVAL', '2f:80:c6:00', '8', '/dev/null', '.', 'x.yaml', './x', 'bug', '1e3', '0x10',
]; // prettier-ignore

const listOf = (input: Record<string, unknown>): string[] =>
  Array.isArray(input['args']) ? input['args'].map(wordOf) : [];

const word = (random: Random): string => {
  const kind = random.below(6);
  if (kind < 2) return random.pick(OPTIONS);
  if (kind < 4) return random.pick(VALUES);
  if (kind === 4) return random.pick(Object.keys(COMMANDS));
  return oddText(random);
};

/** Another command line, from two. */
export const mutateArguments = (
  random: Random,
  input: Record<string, unknown>,
  other: Record<string, unknown>,
): object => {
  let args = listOf(input);
  for (let left = random.few(5); left > 0; left -= 1) {
    const at = random.below(args.length + 1);
    const kind = random.below(6);
    if (kind === 0) args = args.toSpliced(at, 1);
    else if (kind < 3) args = args.toSpliced(at, 0, word(random));
    else if (kind === 3) args = args.toSpliced(at, 1, word(random));
    else if (kind === 4) args = [...args.slice(0, at), ...listOf(other).slice(random.below(3))];
    else if (at < args.length)
      args[at] = args[at]!.slice(0, random.below(args[at]!.length + 1)) + oddText(random);
  }
  return { args: args.slice(0, 12), ...(random.oneIn(4) ? { stdin: oddText(random) } : {}) };
};
