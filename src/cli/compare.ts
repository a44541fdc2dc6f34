// `oopslab compare`: what kind of damage turns one value into another.

import { Command, InvalidArgumentError } from 'commander';
import { forensicsDocument } from '../forensics-document.js';
import { formatForensics } from '../forensics-text.js';
import { compareValues } from '../value-forensics.js';
import { readPair } from '../value-input.js';
import type { ValueSize } from '../value-pair.js';
import { EXIT, print, printJson } from './output.js';

const HELP = `
Values: decimal (13008943, -22), hexadecimal (0xc6802f), bare hexadecimal as dumps print it (ffff880008012f80),
or bytes in memory order (2f:80:c6:00). A value has 64 bits if one of its pair needs or shows them, else 32.

How sure a finding is:
  certain    it says only what the bits show
  likely     fewer than one in a hundred random changes of the same bytes would fit as well
  possible   it fits, but so would much else

Examples:
  $ oopslab compare 13008943 13008988
  $ oopslab compare 13008943 13008988 ffff880008012f80 ffff880008015c80   (what fits both?)
  $ oopslab compare 0x12 0x1200 --size 2
  $ oopslab compare 2f:80:c6:00 5c:80:c6:00 --json

Exit status: 0 done, whether or not anything differs; 2 bad usage or input.`;

const sizeOf = (text: string): ValueSize => {
  if (!/^[1248]$/u.test(text)) throw new InvalidArgumentError('It is 1, 2, 4 or 8.');
  return Number(text) as ValueSize;
};

interface Options {
  readonly size?: ValueSize;
  readonly json?: true;
}

/** `oopslab compare` */
export const compareCommand = (): Command =>
  new Command('compare')
    .description('say what kind of damage turns one value into another, and which one fits all samples')
    .usage('[options] EXPECTED FOUND [EXPECTED FOUND]...')
    .argument('<values...>', 'what should have been there and what was, alternating')
    .option(
      '--size <bytes>',
      'bytes in each value: 1, 2, 4 or 8 (default: 8 if one needs or shows 64 bits)',
      sizeOf,
    )
    .option('--json', 'print one JSON document instead of text')
    .addHelpText('after', HELP)
    .action((values: readonly string[], options: Options, command: Command) => {
      if (values.length % 2 !== 0) {
        const last = JSON.stringify(values.at(-1));
        command.error(
          `error: missing the value that was found instead of ${last}: EXPECTED and FOUND come in pairs`,
        );
      }
      const given = Array.from({ length: values.length / 2 }, (_, index) =>
        readPair(values[2 * index]!, values[2 * index + 1]!, options.size, index),
      );
      const found = compareValues(given.map(({ pair }) => pair));
      if (options.json === true) printJson(forensicsDocument(found, given));
      else print(formatForensics(found, given).join('\n').trimEnd());
      process.exitCode = EXIT.asExpected;
    });
