// `oopslab compare`: what kind of damage turns one value into another.

import type { Command } from 'commander';
import { forensicsDocument } from '../forensics/document.js';
import { formatForensics } from '../forensics/text.js';
import { compareValues } from '../forensics/compare.js';
import { readPair } from '../forensics/input.js';
import type { ValueSize } from '../forensics/pair.js';
import type { Io } from './output.js';

interface Options {
  readonly size?: ValueSize;
  readonly hex?: true;
  readonly dec?: true;
  readonly common?: true;
}

export const run = (_io: Io, values: readonly string[], options: Options, command: Command) => {
  const option = values.find((value) => /^-(?!\d|E[A-Z\d]+$)/u.test(value));
  if (option !== undefined) command.error(`error: unknown option '${option}'`);
  if (options.hex === true && options.dec === true) command.error('error: choose --hex or --dec');
  const base = options.hex === true ? 'hex' : options.dec === true ? 'dec' : undefined;
  if (values.length % 2 !== 0) {
    const last = JSON.stringify(values.at(-1));
    command.error(
      `error: missing the value that was found instead of ${last}: EXPECTED and FOUND come in pairs`,
    );
  }
  const given = Array.from({ length: values.length / 2 }, (_, index) =>
    readPair(values[2 * index]!, values[2 * index + 1]!, options.size, index, base),
  );
  const found = compareValues(given.map(({ pair }) => pair));
  const only = options.common === true;
  return {
    json: () => forensicsDocument(found, given, only),
    text: () => formatForensics(found, given, only).join('\n').trimEnd(),
  };
};
