// list: follow a pointer from struct to struct. Bounded; a pointer that leads nowhere, or back, is a finding.

import { type Addr, hex, u64 } from '../address.js';
import { findField } from '../layout.js';
import type { Memory } from '../memory.js';
import { list_head } from '../structs/list.js';
import { parseNumber, readAddress, readArguments } from './arguments.js';
import { type CrashCommand, complain } from './command.js';
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

/**
 * Follow links.
 *
 * @param first address of the first link field
 * @param end where to stop, besides 0; not included
 * @param link offset of the pointer in what it points to, and whether a list_head's prev is checked
 */
export const walkLinks = (
  memory: Memory,
  first: Addr,
  end: Addr,
  { backward = false, checkPrev = false }: { backward?: boolean; checkPrev?: boolean } = {},
): ListWalk => {
  const links: Addr[] = [];
  const findings: string[] = [];
  const seen = new Set<Addr>();
  const found = (address: Addr, expected: string, what: string): void =>
    void findings.push(`at ${hex(address)} expected ${expected}, found ${what}`);
  let from: Addr | undefined;
  for (let link = first; link !== 0n && link !== end;) {
    const at = from ?? first;
    if (link % 8n !== 0n || !memory.isMapped(link, checkPrev ? 16 : 8)) {
      found(
        at,
        'a pointer to the next one',
        `${hex(link)}, ${link % 8n === 0n ? 'not mapped' : 'misaligned'}`,
      );
      break;
    }
    if (seen.has(link)) {
      found(at, 'one that was not met before', `${hex(link)} again: a cycle`);
      break;
    }
    if (links.length >= MAX_NODES) {
      found(at, `at most ${MAX_NODES}`, 'more');
      break;
    }
    if (checkPrev && from !== undefined) {
      const other = memory.readU64(backward ? link : link + PREV);
      const expected = backward ? u64(from - PREV) : from;
      if (other !== expected)
        found(
          backward ? link : link + PREV,
          `${backward ? 'next' : 'prev'} points back to ${hex(expected)}`,
          hex(other),
        );
    }
    seen.add(link);
    links.push(link);
    from = backward ? u64(link + PREV) : link;
    link = memory.readU64(from);
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
    '-h   START is a list_head inside a struct; -H: it is the list_head that the list begins with, no entry itself',
    '     with both, OFFSET is that of the list_head inside each struct, and back pointers are checked',
    '-r   follow prev instead of next (with -h and -H)',
    '-e   stop before this address',
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
    const step = backward ? PREV : 0n;
    if (!memory.isMapped(isHead || isEntry ? start : start + offset, 8)) {
      return complain('list', `${hex(start)} is not mapped`);
    }
    const first = isHead ? memory.readU64(start + step) : isEntry ? start : start + offset;
    const { links, findings } =
      isHead || isEntry
        ? walkLinks(memory, first, isHead ? start : (end ?? 0n), { backward, checkPrev: true })
        : followPointers(memory, start, offset, end ?? start);
    const lines = links.flatMap((link) => {
      const address = u64(link - offset);
      if (end !== undefined && address === end) return [];
      return [
        address.toString(16),
        ...shows.flatMap((reference) => structLines(dump, reference, address, radix)),
      ];
    });
    return [
      ...(lines.length === 0 && findings.length === 0 ? ['(empty)'] : lines),
      ...findings.map((finding) => `list: ${finding}`),
    ];
  },
};

// A pointer in a struct points to the struct, not to the next pointer.
const followPointers = (memory: Memory, start: Addr, offset: bigint, end: Addr): ListWalk => {
  const links: Addr[] = [];
  const findings: string[] = [];
  const seen = new Set<Addr>();
  let from = start;
  for (let at = start; ;) {
    const link = u64(at + offset);
    if (at % 8n !== 0n || !memory.isMapped(link, 8)) {
      findings.push(
        `at ${hex(from)} expected a pointer to the next one, found ${hex(at)}, ${at % 8n === 0n ? 'not mapped' : 'misaligned'}`,
      );
      break;
    }
    seen.add(at);
    links.push(link);
    from = link;
    at = memory.readU64(link);
    if (at === 0n || at === end) break;
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
