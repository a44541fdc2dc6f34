// list: follow a pointer from struct to struct. Bounded; a pointer that leads nowhere, or back, is a finding.

import { type Addr, PAGE_SIZE, hex, u64 } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { findField } from '../kernel/layout.js';
import { walkList } from '../kernel/list.js';
import type { Memory } from '../kernel/memory.js';
import { list_head } from '../kernel/structs/list.js';
import { chooseOne, parseNumber, readAddress, readArguments } from './arguments.js';
import { type CrashCommand, complain } from './command.js';
import type { Dump } from '../reading/dump.js';
import type { Structs } from '../kernel/structs/all.js';
import { type TypeReference, readType, structLines } from './struct.js';

export const MAX_NODES = 10_000;
const PREV = BigInt(list_head.fields.prev[0]);

// What a walk met.
interface ListWalk {
  // Addresses of the link fields, in order.
  readonly links: readonly Addr[];
  // A sentence each: address, expected, found.
  readonly findings: readonly string[];
}

const wildness = (memory: Memory, address: Addr, size: number): string | undefined =>
  address % 8n !== 0n ? 'misaligned' : memory.isMapped(address, size) ? undefined : 'not mapped';

// A ring of list_heads, from both ends: what lies beyond a damaged pointer is found from the other end. An unused
// list_head is not damage.
const walkRing = (memory: Memory, start: Addr): ListWalk => {
  if (memory.readU64(start) === 0n && memory.readU64(start + PREV) === 0n) return { links: [], findings: [] };
  const { nodes, findings } = walkList(memory, start, MAX_NODES);
  return {
    links: nodes,
    findings: findings.map(
      ({ address, expected, found }) => `at ${hex(address)} expected ${expected}, found ${found}`,
    ),
  };
};

export const list: CrashCommand = {
  name: 'list',
  summary: 'follow a linked list',
  usage: '[-o] [OFFSET | TYPE.member] [-s TYPE[.member[,member]]]... [-e END] [-r] [-h | -H] [-x | -d] START',
  help: [
    'START is a struct, and the next one is where its pointer at OFFSET (0 without one) leads, until 0 or START.',
    '-o   OFFSET or TYPE.member, where it does not stand before START',
    '-h   the structs are linked by a list_head at OFFSET, in a ring that begins with the struct START',
    '-H   the same, but START is a list_head that lies in none of the structs',
    '     both are walked from both ends, so that a damaged pointer hides nothing, and its neighbours say what it was',
    '-r   follow prev instead of next (with -h and -H)',
    '-e   stop before this address: of a struct, or of a list_head',
    '-s   show each struct, or members of it; -x integers in hexadecimal, -d in decimal',
    'OFFSET may also follow START: of the two it is TYPE.member, or the number below 4096.',
    '',
    '  crash> list vm_area_struct.vm_next ffff88016d2319e0',
    '  crash> list -H cache_chain -o kmem_cache.next -s kmem_cache.num,buffer_size',
  ],
  run: ({ dump, radix }, args) => {
    const { starts, offset, shows, options } = readListArguments(args, dump.structs);
    if (starts === undefined) return complain('list', 'name the address that the list starts at');
    const start = readAddress('list', starts, dump.symbols);
    const endText = options.value('e');
    const isHead = options.has('H');
    const isEntry = options.has('h');
    const backward = options.has('r');
    chooseOne('list', options, ['h', 'H']);
    chooseOne('list', options, ['x', 'd']);
    if (backward && !isHead && !isEntry)
      return complain('list', '-r needs -h or -H: a plain pointer leads one way');
    const end = endText === undefined ? undefined : readAddress('list', endText, dump.symbols);
    const { memory } = dump;
    const first = isHead ? start : u64(start + offset);
    const wild = wildness(memory, first, isHead || isEntry ? 16 : 8);
    if (wild !== undefined) return complain('list', `${hex(first)} is ${wild}`);
    const isEnd = (link: Addr): boolean => end !== undefined && (link === end || u64(link - offset) === end);
    const { links, findings } =
      isHead || isEntry ? walkRing(memory, first) : followPointers(memory, start, offset, end);
    const inOrder = backward ? links.toReversed() : links;
    const stop = isHead || isEntry ? inOrder.findIndex(isEnd) : -1;
    const before = stop < 0 ? inOrder : inOrder.slice(0, stop);
    const entries = isEntry ? [first, ...before] : before;
    const base = options.has('x') ? 16 : options.has('d') ? 10 : radix;
    const lines = entries.flatMap((link) => {
      const address = u64(link - offset);
      return [
        address.toString(16),
        ...shows.flatMap((reference) => shownLines(dump, reference, address, base)),
      ];
    });
    return [
      ...(lines.length === 0 && findings.length === 0 ? ['(empty)'] : lines),
      ...findings.map((finding) => `list: ${finding}`),
    ];
  },
};

// The list continues after a struct that cannot be read.
const shownLines = (dump: Dump, reference: TypeReference, address: Addr, radix: 10 | 16): string[] => {
  try {
    return structLines(dump, reference, address, radix);
  } catch (error) {
    if (error instanceof InputError) return [`list: ${error.message}`];
    throw error;
  }
};

// A pointer in a struct points to the struct, not to the next pointer.
const followPointers = (memory: Memory, start: Addr, offset: bigint, end: Addr | undefined): ListWalk => {
  const links: Addr[] = [];
  const findings: string[] = [];
  const seen = new Set<Addr>();
  let from = start;
  for (let at = start; ;) {
    const link = u64(at + offset);
    const wild = at % 8n === 0n ? wildness(memory, link, 8) : 'misaligned';
    if (wild !== undefined) {
      findings.push(`at ${hex(from)} expected a pointer to the next one, found ${hex(at)}, ${wild}`);
      break;
    }
    seen.add(at);
    links.push(link);
    from = link;
    at = memory.readU64(link);
    if (at === 0n || at === start || at === end) break;
    if (seen.has(at)) {
      findings.push(`at ${hex(from)} expected one that was not met before, found ${hex(at)} again: a cycle`);
      break;
    }
    if (links.length >= MAX_NODES) {
      findings.push(`at ${hex(from)} expected at most ${MAX_NODES}, found more`);
      break;
    }
  }
  return { links, findings };
};

interface ListArguments {
  readonly starts: string | undefined;
  readonly offset: bigint;
  readonly shows: readonly TypeReference[];
  readonly options: ReturnType<typeof readArguments>;
}

const readOffset = (text: string, structs: Structs): bigint => {
  if (!text.includes('.'))
    return parseNumber(text) ?? complain('list', `an offset or TYPE.member is needed, found "${text}"`);
  const { type, members } = readType('list', text, structs);
  if (members.length !== 1) return complain('list', 'one member is the link');
  return BigInt(findField(type, members[0]!)!.offset);
};

// Not an address: the first page is mapped nowhere.
const isOffset = (text: string): boolean =>
  /^[A-Za-z_]\w*\./u.test(text) || (parseNumber(text) ?? BigInt(PAGE_SIZE)) < BigInt(PAGE_SIZE);

const readListArguments = (args: readonly string[], structs: Structs): ListArguments => {
  const shows: TypeReference[] = [];
  const plain: string[] = [];
  // -s may come several times, which getopt's last value would not show.
  for (let index = 0; index < args.length; index += 1) {
    if (args[index] !== '-s' && args[index] !== '-S') plain.push(args[index]!);
    else shows.push(readType('list', args[(index += 1)] ?? complain('list', '-s needs a value'), structs));
  }
  const options = readArguments('list', plain, 'o:e:rhHxd');
  const given = options.value('o');
  const words = options.rest;
  if (words.length > (given === undefined ? 2 : 1))
    return complain('list', `one start is enough, found "${words.join(' ')}"`);
  const [first, second] =
    words.length === 2 && isOffset(words[1]!) && !isOffset(words[0]!) ? words.toReversed() : words;
  const offset = given ?? (second === undefined ? undefined : first);
  return {
    starts: second ?? first,
    offset: offset === undefined ? 0n : readOffset(offset, structs),
    shows,
    options,
  };
};
