// sym: symbols by name and by address.

import { hex16 } from '../base/address.js';
import { type KernelSymbol, formatCrashLocation } from '../kernel/symbols.js';
import { nearest } from '../base/did-you-mean.js';
import { chooseOne, parseHex, readArguments } from './arguments.js';
import { type CrashCommand, complain } from './command.js';
import type { Dump } from '../reading/dump.js';
import { sourceOf } from './source.js';

const typeOf = ({ kind }: KernelSymbol): string => (kind === 'function' ? 'T' : 'D');

const line = (dump: Dump, address: bigint, symbol: KernelSymbol): string => {
  const offset = Number(address - symbol.address);
  const module = symbol.module === undefined ? '' : ` [${symbol.module}]`;
  const source = symbol.kind === 'function' ? sourceOf(dump, address) : undefined;
  return `${hex16(address)} (${typeOf(symbol)}) ${formatCrashLocation({ symbol, offset })}${module}${source === undefined ? '' : ` ${source}`}`;
};

export const sym: CrashCommand = {
  name: 'sym',
  summary: 'symbols by name and by address',
  usage: '-l | -q TEXT | [-p] [-n] NAME | ADDRESS...',
  help: [
    '-l   all symbols',
    '-q   those whose names hold TEXT',
    '-p   the one before as well; -n the one after',
    '',
    '  crash> sym shm_close',
    '  crash> sym ffffffff811e466e',
  ],
  run: ({ dump }, args) => {
    const options = readArguments('sym', args, 'lq:pn');
    chooseOne('sym', options, ['l', 'q']);
    const { symbols } = dump;
    const all = symbols.all();
    const text = options.value('q');
    if (options.has('l')) return all.map((symbol) => line(dump, symbol.address, symbol));
    if (text !== undefined) {
      const found = all
        .filter(({ name }) => name.includes(text))
        .map((symbol) => line(dump, symbol.address, symbol));
      return found.length === 0 ? complain('sym', `no symbol holds "${text}"`) : found;
    }
    if (options.rest.length === 0) return complain('sym', 'name a symbol or an address, or give -l or -q');
    return options.rest.flatMap((word) => {
      const symbol = symbols.findSymbol(word);
      const address = symbols.parseLocation(word) ?? (symbol === undefined ? parseHex(word) : undefined);
      const location = address === undefined ? undefined : symbols.findLocation(address);
      if (address === undefined || location === undefined) {
        const near =
          address === undefined
            ? nearest(
                word,
                all.map(({ name }) => name),
                2,
              )
            : undefined;
        return complain(
          'sym',
          `no symbol for "${word}"${near === undefined ? '' : `; did you mean ${near}?`}`,
        );
      }
      const index = all.indexOf(location.symbol);
      const [before, after] = [all[index - 1], all[index + 1]];
      return [
        ...(options.has('p') && before !== undefined ? [line(dump, before.address, before)] : []),
        line(dump, address, location.symbol),
        ...(options.has('n') && after !== undefined ? [line(dump, after.address, after)] : []),
      ];
    });
  },
};
