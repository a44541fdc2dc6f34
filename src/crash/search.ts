// search: where a value lies in memory. Every hit is named by object and field, where heap or scenario know them.

import { type Addr, u64 } from '../base/address.js';
import { chooseOne, parseHex, readAddress, readArguments, readCount } from './arguments.js';
import { type CrashCommand, complain } from './command.js';
import type { Dump } from '../reading/dump.js';
import { describeAddress } from '../reading/label.js';
import { END, MAX_HITS, searchMemory, tooManyHits } from '../reading/memory-search.js';

interface Range {
  readonly from: Addr;
  readonly to: Addr; // not included
}

const rangeOf = (
  dump: Dump,
  start: string | undefined,
  end: string | undefined,
  length: string | undefined,
): Range => {
  const from = start === undefined ? 0n : readAddress('search', start, dump.symbols);
  if (end !== undefined && length !== undefined) return complain('search', 'choose -e or -l');
  if (length !== undefined) {
    const size =
      parseHex(length) ?? complain('search', `-l needs a hexadecimal number of bytes, found "${length}"`);
    if (size === 0n) return complain('search', '-l 0 is an empty range: give at least 1 byte');
    return { from, to: from + size };
  }
  const to = end === undefined ? END : readAddress('search', end, dump.symbols);
  return to > from ? { from, to } : complain('search', 'the end must lie after the start');
};

const textHits = (dump: Dump, text: string, { from, to }: Range): Addr[] => {
  const found: Addr[] = [];
  for (const { start, size } of dump.regions.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
    const bytes = Buffer.from(dump.memory.read(start, size));
    for (let at = bytes.indexOf(text, 0, 'utf8'); at >= 0; at = bytes.indexOf(text, at + 1, 'utf8')) {
      const address = start + BigInt(at);
      if (address >= from && address < to) found.push(address);
      if (found.length > MAX_HITS) return tooManyHits();
    }
  }
  return found;
};

const readValues = (dump: Dump, texts: readonly string[], size: number): bigint[] =>
  texts.map((text) => {
    const value = parseHex(text) ?? dump.symbols.parseLocation(text);
    if (value === undefined)
      return complain('search', `a hexadecimal value or a symbol is needed, found "${text}"`);
    if (value >= 1n << BigInt(size * 8)) return complain('search', `${text} does not fit in ${size} bytes`);
    return value;
  });

export const search: CrashCommand = {
  name: 'search',
  summary: 'find values in memory',
  usage: '[-s START] [-e END | -l LENGTH] [-m MASK] [-x COUNT] [-w | -h] VALUE... | -c TEXT...',
  help: [
    'Looks at aligned words of all memory that is mapped. VALUE is hexadecimal, or a symbol.',
    '-s, -e   from this address; up to this one',
    '-l       so many bytes, hexadecimal',
    '-m       bits of the values that do not matter',
    '-x       show so many words before and after each hit',
    '-w, -h   look for 32-bit, or 16-bit values',
    '-c       look for text, at any address; non-ASCII text as UTF-8',
    '',
    '  crash> search 0xffff88037a645680',
    '  crash> search -m fff ffff88037a645000',
    '  crash> search -w c6802f c6805c',
  ],
  run: ({ dump }, args) => {
    const options = readArguments('search', args, 's:e:l:m:x:whc');
    if (options.rest.length === 0) return complain('search', 'name a value to look for');
    const range = rangeOf(dump, options.value('s'), options.value('e'), options.value('l'));
    chooseOne('search', options, ['w', 'h']);
    if (options.has('c')) {
      for (const letter of ['w', 'h', 'm', 'x']) chooseOne('search', options, ['c', letter]);
      if (options.rest.includes('')) return complain('search', '-c needs text, found ""');
      return options.rest.flatMap((text) =>
        textHits(dump, text, range).map(
          (address) => `${address.toString(16)}: ${text}  ${describeAddress(dump, address)}`,
        ),
      );
    }
    const size = options.has('w') ? 4 : options.has('h') ? 2 : 8;
    const maskText = options.value('m');
    const mask =
      maskText === undefined
        ? 0n
        : (parseHex(maskText) ?? complain('search', `-m needs a hexadecimal mask, found "${maskText}"`));
    const context = options.value('x') === undefined ? 0 : readCount('search', options.value('x')!, 64);
    const hits = searchMemory(dump, readValues(dump, options.rest, size), { size, mask, ...range });
    return hits.flatMap(({ address, value }) => {
      const line = `${address.toString(16)}: ${value.toString(16)}  ${describeAddress(dump, address)}`;
      return context === 0
        ? [line]
        : [...around(dump, address, size, -context), line, ...around(dump, address, size, context), ''];
    });
  },
};

// So many units before (negative) or after a hit.
const around = (dump: Dump, address: Addr, size: number, count: number): string[] => {
  const from = count < 0 ? count : 1;
  const to = count < 0 ? -1 : count;
  const lines: string[] = [];
  for (let index = from; index <= to; index += 1) {
    const at = u64(address + BigInt(index * size));
    if (!dump.memory.isMapped(at, size)) continue;
    const value = Buffer.from(dump.memory.read(at, size)).reverse().toString('hex');
    lines.push(`${at.toString(16)}: ${value}`);
  }
  return lines;
};
