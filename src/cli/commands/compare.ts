import { InvalidArgumentError } from 'commander';
import type { ValueSize } from '../../forensics/pair.js';
import { defineCommand } from '../command.js';

const sizeOf = (text: string): ValueSize => {
  if (!/^[1248]$/u.test(text)) throw new InvalidArgumentError('It is 1, 2, 4 or 8.');
  return Number(text) as ValueSize;
};

/** `oopslab compare`: its options and its help. */
export const command = defineCommand({
  name: 'compare',
  description: 'find the kind of damage that turns one value into another, and the one that fits all samples',
  options: (command) =>
    command
      .usage('[options] EXPECTED FOUND [EXPECTED FOUND]...')
      .argument('<values...>', 'the value that should have been there and the one that was, alternating')
      .option(
        '--size <bytes>',
        'bytes in each value: 1, 2, 4 or 8 (default: 8 if one needs or shows 64 bits)',
        sizeOf,
      )
      .option('--hex', 'bare digits are hexadecimal')
      .option('--dec', 'bare digits without letters are decimal, even if there are 16')
      .option('--common', 'print only what all pairs have in common')
      .allowUnknownOption(), // -EINVAL and -0x16 are values; true options are refused below
  json: 'print one JSON document instead of text',
  help: `
Values, each read on its own:
  13008943, -22           decimal: digits alone
  ffff880008012f80        hexadecimal: digits with a letter a to f among them, or 16 digits, as dumps print them
  0xc6802f, 0d13008943    always hexadecimal, always decimal; also --hex and --dec, for all bare digits
  -EINVAL, -0x16          an error number by name; a negative number
  2f:80:c6:00             bytes in memory order
Where a value could have been meant otherwise, a note says how it was read and how to write the other. A value has 64
bits if one of its pair needs or shows them, otherwise 32.

How sure a finding is:
  certain    it states only what the bits show
  likely     fewer than one in a hundred random changes of the same bytes would fit as well
  possible   it fits, but many other changes would

Examples:
  $ oopslab compare 13008943 13008988
  $ oopslab compare 13008943 13008988 ffff880008012f80 ffff880008015c80   (what fits both?)
  $ oopslab compare 0x12 0x1200 --size 2
  $ oopslab compare ffff8803f382cc60 -ENOMEM
  $ oopslab compare 13008943 13008988 98304 98381 --common
  $ oopslab compare 2f:80:c6:00 5c:80:c6:00 --json

Exit status: 0 done, whether or not anything differs; 2 bad usage or input.`,
  load: () => import('../compare.js'),
});
