// dis: machine code as it lies in guest memory. Source of the format: test/golden/dis-lr-shm_close.txt.

import { type Addr, hex } from '../base/address.js';
import { NO_INSTRUCTION } from '../x86/encoding.js';
import { fetchCode } from '../x86/fetch.js';
import { decodeOne } from '../x86/disasm.js';
import { formatCrashLocation } from '../kernel/symbols.js';
import { readAddress, readArguments, readCount } from './arguments.js';
import { type CrashCommand, complain } from './command.js';
import type { Dump } from '../reading/dump.js';
import { sourceOf } from './source.js';

export const MAX_INSTRUCTIONS = 10_000;

// It begins no instruction of 64-bit mode, so known code cannot be taken for it.
const isText = ({ regions }: Dump, at: Addr): boolean =>
  regions.some(
    ({ start, size, protection }) =>
      protection === 'read-execute' && at >= start && at < start + BigInt(size),
  );

/** How far to go: to an address (before it, or through the instruction that holds it), or a number of instructions. */
interface Until {
  readonly before?: Addr;
  readonly through?: Addr;
  readonly count?: number;
}

const disassemble = (dump: Dump, from: Addr, until: Until, withSource: boolean): string[] => {
  const lines: string[] = [];
  let source: string | undefined;
  let at = from;
  for (let done = 0; done < (until.count ?? MAX_INSTRUCTIONS); done += 1) {
    if (until.before !== undefined && at >= until.before) break;
    if (until.through !== undefined && at > until.through) break;
    const bytes = fetchCode(dump.memory, at);
    if (bytes[0] === NO_INSTRUCTION && isText(dump, at)) {
      const location = dump.symbols.findLocation(at);
      const label = location === undefined ? '' : ` <${formatCrashLocation(location)}>`;
      if (done === 0) complain('dis', `no code is known at ${hex(at)}${label}`);
      lines.push(`${hex(at)}${label}:\t(no code known here)`);
      break;
    }
    if (bytes.length === 0) {
      if (done === 0) {
        const name = dump.symbols.formatLocation(at);
        complain('dis', `the sandbox has no bytes at ${hex(at)}${name.startsWith('0x') ? '' : ` (${name})`}`);
      }
      break;
    }
    const instruction = decodeOne(bytes, at, dump.symbols);
    const place = withSource ? sourceOf(dump, at) : undefined;
    if (place !== undefined && place !== source) lines.push(place);
    source = place ?? source;
    const location = dump.symbols.findLocation(at);
    const label = location === undefined ? '' : ` <${formatCrashLocation(location)}>`;
    lines.push(`${hex(at)}${label}:\t${instruction.text}`);
    at += BigInt(instruction.length);
  }
  return lines;
};

export const dis: CrashCommand = {
  name: 'dis',
  summary: 'disassemble',
  usage: '[-l] [-r | -f] ADDRESS | SYMBOL[+OFFSET] [COUNT]',
  help: [
    'SYMBOL alone is the whole function; an address is COUNT instructions, 1 without it.',
    '-l   with source lines, where they are known',
    '-r   from the start of the function through ADDRESS',
    '-f   from ADDRESS to the end of the function',
    '',
    '  crash> dis -lr ffffffff811e466e',
    '  crash> dis remove_vma',
  ],
  run: ({ dump }, args) => {
    const options = readArguments('dis', args, 'lrf');
    const [place, count, ...more] = options.rest;
    if (place === undefined || more.length > 0)
      return complain('dis', 'an address or symbol, and at most a count, are needed');
    if (options.has('r') && options.has('f')) return complain('dis', 'choose -r or -f');
    const { symbols } = dump;
    const at = readAddress('dis', place, symbols);
    const location = symbols.findLocation(at);
    const withSource = options.has('l');
    const number = count === undefined ? undefined : readCount('dis', count, MAX_INSTRUCTIONS);
    if (options.has('r') || options.has('f')) {
      if (location === undefined) return complain('dis', `no function covers ${hex(at)}`);
      const { symbol } = location;
      const from = options.has('r') ? symbol.address : at;
      const until = options.has('r') ? { through: at } : { before: symbol.address + BigInt(symbol.size) };
      return disassemble(dump, from, number === undefined ? until : { ...until, count: number }, withSource);
    }
    const whole = symbols.findSymbol(place);
    if (number === undefined && whole !== undefined && whole.size > 0) {
      return disassemble(dump, at, { before: at + BigInt(whole.size) }, withSource);
    }
    return disassemble(dump, at, { count: number ?? 1 }, withSource);
  },
};
