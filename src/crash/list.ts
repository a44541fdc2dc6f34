// list: follow a pointer from struct to struct. Bounded; a pointer that leads nowhere, or back, is a finding.

import { type Addr, hex, u64 } from '../address.js';
import { InputError } from '../errors.js';
import { findField } from '../layout.js';
import type { Memory } from '../memory.js';
import { list_head } from '../structs/list.js';
import { parseNumber, readAddress, readArguments } from './arguments.js';
import { type CrashCommand, complain } from './command.js';
import type { Dump } from './dump.js';
import { type TypeReference, readType, structLines } from './struct.js';

const MAX_NODES = 10_000;
const PREV = BigInt(list_head.fields.prev[0]);

/** What a walk met. */
export interface ListWalk {
  /** Addresses of the link fields, in order. */
  readonly links: readonly Addr[];
  /** A sentence each: address, expected, found. */
  readonly findings: readonly string[];
}

const wildness = (memory: Memory, address: Addr, size: number): string | undefined =>
  address % 8n !== 0n ? 'misaligned' : memory.isMapped(address, size) ? undefined : 'not mapped';

/**
 * Walk a ring of list_heads, from the one at `start` around to it. What does not fit is a finding; after a wrong back
 * pointer the walk goes on.
 *
 * @param start must be mapped; it is no link of the result itself
 * @param isEnd whether to stop before a link
 */
export const walkRing = (
  memory: Memory,
  start: Addr,
  { backward = false, isEnd = () => false }: { backward?: boolean; isEnd?: (link: Addr) => boolean } = {},
): ListWalk => {
  const [step, back] = backward ? [PREV, 0n] : [0n, PREV];
  const links: Addr[] = [];
  const findings: string[] = [];
  const seen = new Set<Addr>([start]);
  const found = (address: Addr, expected: string, what: string): void =>
    void findings.push(`at ${hex(address)} expected ${expected}, found ${what}`);
  // A list_head that was never used is no damage.
  if (memory.readU64(start) === 0n && memory.readU64(start + PREV) === 0n) return { links, findings };
  for (let from = start; ;) {
    const at = u64(from + step);
    const link = memory.readU64(at);
    if (isEnd(link)) break;
    const wild = wildness(memory, link, 16);
    if (wild !== undefined) {
      found(at, 'a pointer to the next one', `${hex(link)}, ${wild}`);
      break;
    }
    const other = memory.readU64(link + back);
    if (other !== from)
      found(link + back, `${backward ? 'next' : 'prev'} points back to ${hex(from)}`, hex(other));
    if (link === start) break;
    if (seen.has(link)) {
      found(at, 'one that was not met before', `${hex(link)} again: a cycle`);
      break;
    }
    if (links.length >= MAX_NODES) {
      found(at, `at most ${MAX_NODES}`, 'more');
      break;
    }
    seen.add(link);
    links.push(link);
    from = link;
  }
  return { links, findings };
};

/** `list` */
export const list: CrashCommand = {
  name: 'list',
  summary: 'follow a linked list',
  usage: '[-o] [OFFSET | TYPE.member] [-s TYPE[.member[,member]]]... [-e END] [-r] [-h | -H] START',
  help: [
    'START is a struct, and the next one is where its pointer at OFFSET (0 without one) leads, until 0 or START.',
    '-o   OFFSET or TYPE.member, where it does not stand before START',
    '-h   the structs are linked by a list_head at OFFSET, in a ring that begins with the struct START',
    '-H   the same, but START is a list_head that lies in none of the structs',
    '     with both, back pointers are checked',
    '-r   follow prev instead of next (with -h and -H)',
    '-e   stop before this address: of a struct, or of a list_head',
    '-s   show each struct, or members of it',
    '',
    '  crash> list vm_area_struct.vm_next ffff88016d2319e0',
    '  crash> list -H cache_chain -o kmem_cache.next -s kmem_cache.num,buffer_size',
  ],
  run: ({ dump, radix }, args) => {
    const { starts, offset, shows, options } = readListArguments(args);
    if (starts === undefined) return complain('list', 'name the address that the list starts at');
    const start = readAddress('list', starts, dump.symbols);
    const endText = options.value('e');
    const isHead = options.has('H');
    const isEntry = options.has('h');
    const backward = options.has('r');
    if (backward && !isHead && !isEntry)
      return complain('list', '-r needs -h or -H: a plain pointer leads one way');
    const end = endText === undefined ? undefined : readAddress('list', endText, dump.symbols);
    const { memory } = dump;
    const first = isHead ? start : u64(start + offset);
    const wild = wildness(memory, first, isHead || isEntry ? 16 : 8);
    if (wild !== undefined) return complain('list', `${hex(first)} is ${wild}`);
    const isEnd = (link: Addr): boolean => end !== undefined && (link === end || u64(link - offset) === end);
    const { links, findings } =
      isHead || isEntry
        ? walkRing(memory, first, { backward, isEnd })
        : followPointers(memory, start, offset, end);
    const entries = isEntry && !isHead ? [first, ...links] : links;
    const lines = entries.flatMap((link) => {
      const address = u64(link - offset);
      return [
        address.toString(16),
        ...shows.flatMap((reference) => shownLines(dump, reference, address, radix)),
      ];
    });
    return [
      ...(lines.length === 0 && findings.length === 0 ? ['(empty)'] : lines),
      ...findings.map((finding) => `list: ${finding}`),
    ];
  },
};

// The list goes on behind a struct that cannot be read.
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

const readOffset = (text: string): bigint => {
  if (!text.includes('.'))
    return parseNumber(text) ?? complain('list', `an offset or TYPE.member is needed, found "${text}"`);
  const { type, members } = readType('list', text);
  if (members.length !== 1) return complain('list', 'one member is the link');
  return BigInt(findField(type, members[0]!)!.offset);
};

const readListArguments = (args: readonly string[]): ListArguments => {
  const shows: TypeReference[] = [];
  const plain: string[] = [];
  // -s may come several times, which getopt's last value would not show.
  for (let index = 0; index < args.length; index += 1) {
    if (args[index] !== '-s' && args[index] !== '-S') plain.push(args[index]!);
    else shows.push(readType('list', args[(index += 1)] ?? complain('list', '-s needs a value')));
  }
  const options = readArguments('list', plain, 'o:e:rhH');
  const given = options.value('o');
  const words = options.rest;
  if (words.length > (given === undefined ? 2 : 1))
    return complain('list', `one start is enough, found "${words.join(' ')}"`);
  const [first, second] = words;
  const offset = given ?? (second === undefined ? undefined : first);
  return { starts: second ?? first, offset: offset === undefined ? 0n : readOffset(offset), shows, options };
};
