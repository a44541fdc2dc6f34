// Changes to a recording, one place each: every leaf, list and map of its header, every word of its rows.
import type { RecordingParts } from './recording-parts.js';

/** A place of a header: keys and indices from the top. */
type Path = readonly (string | number)[];

type Node = Record<string | number, unknown>;

/** A change, and the text that names it. */
export interface Mutant {
  readonly name: string;
  readonly parts: RecordingParts;
}

/** Draws numbers from 0 up to, not including, `below`: the same ones for the same seed. */
export const drawing = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
};

type Draw = ReturnType<typeof drawing>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Every place of a header below its top, leaves, lists and maps. */
export const placesOf = (value: unknown, path: Path = []): Path[] =>
  isNode(value)
    ? [
        ...(path.length === 0 ? [] : [path]),
        ...Object.keys(value).flatMap((key) =>
          placesOf(value[key], [...path, Array.isArray(value) ? Number(key) : key]),
        ),
      ]
    : [path];

// Absent where an earlier change took it away.
const parentOf = (header: unknown, path: Path): Node | undefined =>
  path
    .slice(0, -1)
    .reduce<Node | undefined>(
      (node, key) => (isNode(node) ? (node[key] as Node) : undefined),
      header as Node,
    );

const NUMBERS = [-1, 0, 1, 2, 7, 8, 63, 64, 255, 4095, 4096, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e300, 0.5]; // prettier-ignore
const ADDRESSES = [
  '0x0', '0x1', '0x7', '0xfff', '0xffffffff', '0x7fffffffffff', '0x800000000000', '0xffff800000000000', '0xffff880000000000',
  '0xfffffffffffff000', '0xffffffffffffffff', '0xffffffffffffffea', '0x6b6b6b6b6b6b6b6b', '0x8000000000000000', '0x', '', '0x10000000000000000',
  '0X1', '1',
]; // prettier-ignore
const TEXTS = ['', ' ', 'x', '0x5c', '__proto__', 'constructor', 'toString', 'no_such_thing', '\u0000', '\u001b[2J', '\n', '<b>', '\ud800', 'x'.repeat(70_000), '.'.repeat(300), '%s', '((((', '/'.repeat(5000)]; // prettier-ignore

// Another value for a leaf: an extreme one, or that of another place.
const replacement = (value: unknown, header: unknown, draw: Draw, others: readonly Path[]): unknown => {
  const kind = draw(8);
  if (kind === 0) return [null, true, false, [], {}, [null], 'x', 0][draw(8)];
  if (kind <= 2) {
    const path = others[draw(others.length)]!;
    return parentOf(header, path)![path.at(-1)!];
  }
  if (typeof value === 'number') {
    const near = [value + 1, value - 1, value * 2, value + 4096, value + 2 ** 20];
    return draw(2) === 0 ? NUMBERS[draw(NUMBERS.length)] : near[draw(near.length)];
  }
  if (typeof value === 'string' && /^0x[0-9a-f]+$/u.test(value)) {
    const near = [1n, -1n, 8n, -8n, 4096n, -4096n, 0x10_0000n].map(
      (by) => `0x${BigInt.asUintN(64, BigInt(value) + by).toString(16)}`,
    );
    return draw(2) === 0 ? ADDRESSES[draw(ADDRESSES.length)] : near[draw(near.length)];
  }
  return TEXTS[draw(TEXTS.length)];
};

// Items of a list swapped, repeated, left out, or all but one gone; of a map, a name changed.
const shuffled = (node: unknown, draw: Draw): unknown => {
  if (!Array.isArray(node)) {
    const entries = Object.entries(node as Node);
    if (entries.length === 0) return { x: 0 };
    const at = draw(entries.length);
    if (draw(2) === 0) return Object.fromEntries(entries.filter((_, index) => index !== at));
    return Object.fromEntries([...entries, [TEXTS[draw(TEXTS.length)]!, entries[at]![1]]]);
  }
  const items = [...(node as unknown[])];
  if (items.length === 0) return [[], {}, 'x', 0, null].slice(draw(5), 5);
  const [a, b] = [draw(items.length), draw(items.length)];
  switch (draw(7)) {
    case 0:
      [items[a], items[b]] = [items[b], items[a]];
      return items;
    case 1:
      return items.toSpliced(b, 0, items[a]);
    case 2:
      return items.toSpliced(a, 1);
    case 3:
      return [];
    case 4:
      return items.slice(0, a);
    case 5:
      return items.toReversed();
    default:
      return Array.from({ length: 64 }, () => items).flat();
  }
};

/** A change of the header: at one of `places`, or at two. */
export const headerMutant = (parts: RecordingParts, places: readonly Path[], draw: Draw): Mutant => {
  const header = structuredClone(parts.header);
  const names: string[] = [];
  for (let left = draw(6) === 0 ? 2 : 1; left > 0; left -= 1) {
    const path = places[draw(places.length)]!;
    const node = parentOf(header, path);
    const key = path.at(-1)!;
    if (!isNode(node)) continue;
    const value = node[key];
    const what = draw(10);
    if (what === 0 && !Array.isArray(node)) Reflect.deleteProperty(node, key);
    else
      node[key] =
        isNode(value) && what < 8 ? shuffled(value, draw) : replacement(value, parts.header, draw, places);
    names.push(`${path.join('.')} = ${(JSON.stringify(node[key]) ?? 'nothing').slice(0, 80)}`);
  }
  return { name: names.join('; '), parts: { ...parts, header } };
};

const WORDS = [0, 1, 2, 7, 8, 9, 16, 0x1ff, 0x100, 0x200, 0x208, 0x300, 0x400, 0x508, 0xff, 0xfff, 0xffff_fff8, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]; // prettier-ignore

/** A change of the rows of registers or accesses. */
export const rowsMutant = (parts: RecordingParts, which: 'registers' | 'accesses', draw: Draw): Mutant => {
  const words = parts[which].slice();
  const row = which === 'accesses' ? 8 : 1;
  const at = draw(Math.max(1, words.length));
  const kind = draw(8);
  const start = at - (at % row);
  let changed = words;
  if (kind < 4) changed[at] = WORDS[draw(WORDS.length)]!;
  else if (kind === 4) changed[at] = (changed[at] ?? 0) ^ (1 << draw(32));
  else if (kind === 5)
    changed = Uint32Array.from([...words.subarray(0, start), ...words.subarray(start + row)]);
  else if (kind === 6) changed = words.slice(0, at);
  else {
    const other = draw(Math.max(1, words.length));
    const from = other - (other % row);
    changed.set(words.slice(from, from + row), start);
  }
  return {
    name: `${which}[${at}], way ${kind}, ${changed[at] ?? 'cut'}`,
    parts: { ...parts, [which]: changed },
  };
};

/** One change, wherever. */
export const anyMutant = (parts: RecordingParts, places: readonly Path[], draw: Draw): Mutant => {
  const kind = draw(10);
  if (kind < 7) return headerMutant(parts, places, draw);
  return rowsMutant(parts, kind < 8 ? 'registers' : 'accesses', draw);
};
