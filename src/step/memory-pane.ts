// Memory around an address: the fields of the object that lies there, or its bytes, and which instruction wrote them last.

import { type Addr, hex, pageStart } from '../base/address.js';
import { bytesText, printable } from '../base/words.js';
import { greatest } from '../base/long-lists.js';
import { type Scalar, type Struct, decodeScalar, leavesOf } from '../kernel/layout.js';
import { identifySlabAddress } from '../kernel/slab-identify.js';
import type { Damage } from '../reading/damage.js';
import type { Look, Range } from './look.js';
import { errorText } from '../reading/objects.js';
import type { Pane } from './pane.js';
import type { Scene } from '../reading/scene.js';
import { type Line, span } from './styled.js';

const ROW = 16; //  bytes in a row without fields
const WIDE = 72; // columns that have room for the writer
const AROUND = 0x100; // bytes shown of memory outside objects

interface Row extends Range {
  readonly label: string;
  /** Absent for plain bytes. */
  readonly type?: Scalar;
}

interface Shown {
  readonly title: string;
  readonly rows: readonly Row[];
}

const fieldsOf = (struct: Struct, start: Addr): Row[] =>
  [...leavesOf(struct)].flatMap(({ path, offset, type }): Row[] => {
    const address = start + BigInt(offset);
    if (type.kind === 'bytes') return bytesOf(address, type.size, path);
    return [{ label: path, address, size: type.size, type }];
  });

const bytesOf = (address: Addr, size: number, label = ''): Row[] =>
  Array.from({ length: Math.ceil(size / ROW) }, (_, index) => ({
    label: index === 0 ? label : '',
    address: address + BigInt(index * ROW),
    size: Math.min(ROW, size - index * ROW),
  }));

const whole = (scene: Scene, address: Addr): Shown => {
  const { memory, objects, navigator, at } = scene;
  const found = objects.find(address, at);
  const place = identifySlabAddress(memory, address);
  const cache = place === undefined ? '' : `, ${place.cacheName}`;
  if (found !== undefined && address >= found.address) {
    const { name, size, isFree } = found;
    const struct = found.struct === null || isFree ? undefined : scene.structs.find(found.struct);
    const kind = struct === undefined ? `${size} bytes` : `struct ${struct.name}`;
    const title = `${name}${isFree ? ' (free)' : ''}, ${kind} at ${hex(found.address)}${cache}`;
    return {
      title,
      rows: struct === undefined ? bytesOf(found.address, size) : fieldsOf(struct, found.address),
    };
  }
  if (place?.kind === 'object')
    return { title: `object at ${hex(place.object)}${cache}`, rows: bytesOf(place.object, place.size) };
  const symbol = navigator.symbols.findLocation(address)?.symbol;
  if (symbol !== undefined && symbol.size > 0)
    return { title: `${symbol.name} at ${hex(symbol.address)}`, rows: bytesOf(symbol.address, symbol.size) };
  const start = address & 0xffff_ffff_ffff_fff0n;
  const title = `${hex(address)}, ${objects.region(address)?.name ?? 'not mapped'}`;
  return { title, rows: bytesOf(start, Math.min(AROUND, Number(pageStart(start) + 0x1000n - start))) };
};

/** The mapped rows of the object that an address lies in. */
const shownAt = (scene: Scene, address: Addr): Shown => {
  const { title, rows } = whole(scene, address);
  return { title, rows: rows.filter((row) => scene.memory.isMapped(row.address, row.size)) };
};

/** The range of memory that the cursor of the pane is on. */
export const memoryRange = (scene: Scene, { target, memory }: Look): Range | undefined => {
  if (target === undefined) return undefined;
  const { rows } = shownAt(scene, target);
  return rows[memory ?? rowOf(rows, target)];
};

const rowOf = (rows: readonly Row[], target: Addr): number =>
  Math.max(
    0,
    rows.findLastIndex(({ address }) => address <= target),
  );

const valueText = (scene: Scene, { address, size, type }: Row): string => {
  const bytes = scene.memory.read(address, size);
  const digits = bytesText(bytes);
  if (type === undefined) {
    return `${digits.padEnd(ROW * 3 - 1)}  ${printable(bytes).padEnd(ROW)}`;
  }
  const value = decodeScalar(type, new DataView(bytes.buffer, bytes.byteOffset, size), 0);
  const number = BigInt.asUintN(size * 8, BigInt(value));
  if (size < 8) return `${value} (${hex(number)})  ${digits}`;
  const what = errorText(number) ?? scene.describe(number);
  return `${hex(number)}${what === undefined ? '' : ` = ${what}`}`;
};

// The first damaged byte, and how many more there are.
const damagedText = ({ address }: Row, damaged: readonly Damage[]): string => {
  const [first, ...more] = damaged;
  const rest = more.length === 0 ? '' : ` and ${more.length} more`;
  const byte = (value: number): string => value.toString(16).padStart(2, '0');
  const how = first!.kind === 'use-after-free' ? ', after free' : '';
  return `damaged +${Number(first!.address - address)}: ${byte(first!.old)}>${byte(first!.new)}${rest} by ${first!.by}${how}`;
};

const memoryLine = (
  scene: Scene,
  rows: readonly Row[],
  index: number,
  isCursor: boolean,
  width: number,
): Line => {
  const row = rows[index]!;
  const write = scene.navigator.lastWrite(row.address, row.size);
  const changed = write !== undefined && !write.host && write.instruction === scene.at - 1;
  const damaged = scene.damage.in(row.address, row.size, scene.at);
  const isOutside = damaged.length > 0;
  const by =
    write === undefined
      ? ''
      : write.host
        ? 'the sandbox'
        : scene.navigator.symbols.formatLocation(scene.navigator.siteBefore(write.instruction)!.address);
  const start = rows[0]!.address;
  const label = row.label === '' ? hex(row.address) : `+${hex(row.address - start).padEnd(5)} ${row.label}`;
  const padded = label.padEnd(
    Math.min(
      24,
      greatest(
        rows.slice(0, 32).map((one) => one.label.length + 8),
        18,
      ),
    ),
  );
  return [
    span(
      `${isCursor ? '>' : ' '}${changed ? '*' : isOutside ? '!' : ' '}`,
      isCursor ? 'cursor' : changed ? 'changed' : isOutside ? 'alarm' : 'plain',
    ),
    span(`${padded} `, 'faint'),
    span(valueText(scene, row), changed ? 'changed' : 'plain'),
    ...(isOutside
      ? [span(`  ! ${damagedText(row, damaged)}`, 'alarm')]
      : by !== '' && width >= WIDE
        ? [span(`  by ${by}`, 'faint')]
        : []),
  ];
};

export const memoryPane = (scene: Scene, look: Look): Pane => {
  const { target } = look;
  const { title, rows } = target === undefined ? { title: 'nothing yet', rows: [] } : shownAt(scene, target);
  const anchor = Math.min(
    look.memory ?? (target === undefined ? 0 : rowOf(rows, target)),
    Math.max(0, rows.length - 1),
  );
  return {
    title: `memory: ${title}`,
    count: Math.max(1, rows.length),
    anchor,
    row: (index, width) =>
      rows[index] === undefined
        ? [
            span(
              target === undefined
                ? ' put the cursor on a register or a word of the stack'
                : ` ${hex(target)} is not memory`,
            ),
          ]
        : memoryLine(scene, rows, index, look.focus === 'memory' && index === anchor, width),
  };
};
