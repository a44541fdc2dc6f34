// struct: layouts, and what lies at an address in the form of one.

import { type Addr, hex } from '../base/address.js';
import { declaration } from '../kernel/declaration.js';
import { type FieldType, type Struct, findField } from '../kernel/layout.js';
import type { Structs } from '../kernel/structs/all.js';
import { nearest } from '../base/did-you-mean.js';
import { chooseOne, readAddress, readArguments, readCount } from './arguments.js';
import { type CrashCommand, complain } from './command.js';
import type { Dump } from '../reading/dump.js';
import { readValue, valueText } from './print-value.js';

export const MAX_COUNT = 1000;

/** `shm_perm.id`, `ary[47]` */
const PATH = /^\w+(?:\[\d+\])*(?:\.\w+(?:\[\d+\])*)*$/u;

/** A struct and the requested members; none for the whole. */
export interface TypeReference {
  readonly type: Struct;
  readonly members: readonly string[];
}

/** Read `TYPE`, `TYPE.member` or `TYPE.member,member`. */
export const readType = (command: string, text: string, structs: Structs): TypeReference => {
  const [, name = '', members] = /^([^.]*)(?:\.(.*))?$/u.exec(text) ?? [];
  const type = structs.find(name);
  if (type === undefined) {
    const near = nearest(name, structs.names(), 2);
    const hint = near === undefined ? `; known are ${structs.names().join(', ')}` : `; did you mean ${near}?`;
    return complain(command, `there is no struct "${name}" here${hint}`);
  }
  const paths = members === undefined ? [] : members.split(',');
  for (const path of paths) {
    if (PATH.test(path) && findField(type, path) !== undefined) continue;
    const near = nearest(path, Object.keys(type.fields), 2);
    const hint =
      near === undefined ? `; it has ${Object.keys(type.fields).join(', ')}` : `; did you mean ${near}?`;
    return complain(command, `struct ${type.name} has no member "${path}"${hint}`);
  }
  return { type, members: paths };
};

const offsetLines = ({ type, members }: TypeReference, base: Addr | undefined, radix: 10 | 16): string[] => {
  const number = (value: number): string => (radix === 16 ? hex(value) : String(value));
  const width = number(type.size).length;
  const place = (offset: number): string =>
    base === undefined
      ? `[${number(offset)}]`.padStart(width + 4)
      : `  [${(base + BigInt(offset)).toString(16)}]`;
  const line = (name: string, offset: number, field: FieldType): string =>
    `${place(offset)} ${declaration(field, name)};`;
  const lines =
    members.length === 0
      ? Object.entries(type.fields).map(([name, [offset, field]]) => line(name, offset, field))
      : members.map((path) => {
          const { offset, type: field } = findField(type, path)!;
          return line(path, offset, field);
        });
  return [
    `struct ${type.name} {`,
    ...lines,
    '}',
    `SIZE: ${number(type.size)}`,
    ...(type.invented ? ['(offsets and size are invented: no source gives them)'] : []),
  ];
};

/** A struct, or members of one, at an address. */
export const structLines = (
  dump: Dump,
  { type, members }: TypeReference,
  address: Addr,
  radix: 10 | 16,
): string[] => {
  const text = (field: FieldType, offset: number, indent: number): string => {
    const at = address + BigInt(offset);
    const data = readValue(dump, field, at);
    return data === undefined
      ? complain('struct', `${hex(at)} is not mapped: no struct ${type.name} can be read there`)
      : valueText(dump, field, data, indent, radix);
  };
  if (members.length === 0) return `struct ${type.name} ${text(type, 0, 0)}`.split('\n');
  return members.flatMap((path) => {
    const place = findField(type, path)!;
    return `  ${path} = ${text(place.type, place.offset, 2)}`.split('\n');
  });
};

export const struct: CrashCommand = {
  name: 'struct',
  summary: 'layouts of structs, and their contents',
  usage: 'TYPE[.member[,member]] [-o] [-x | -d] [ADDRESS | SYMBOL [COUNT]]',
  help: [
    'Without an address, the layout with offsets. The word struct may be left out.',
    '-o   offsets; with an address, the address of each member',
    '-x   integers and offsets in hexadecimal; -d in decimal',
    '',
    '  crash> struct shm_file_data 0xffff8803f382cc60',
    '  crash> vm_area_struct.vm_file,vm_ops ffff88016d2319e0',
    '  crash> struct idr_layer',
  ],
  run: ({ dump, radix }, args) => {
    const options = readArguments('struct', args, 'oxd');
    const [name, place, count, ...more] = options.rest;
    if (name === undefined) return complain('struct', `name a struct: ${dump.structs.names().join(', ')}`);
    if (more.length > 0) return complain('struct', 'a type, an address and a count are all it takes');
    const reference = readType('struct', name, dump.structs);
    const address = place === undefined ? undefined : readAddress('struct', place, dump.symbols);
    chooseOne('struct', options, ['x', 'd']);
    const base = options.has('x') ? 16 : options.has('d') ? 10 : radix;
    if (address === undefined || options.has('o')) return offsetLines(reference, address, base);
    const number = count === undefined ? 1 : readCount('struct', count, MAX_COUNT);
    return Array.from({ length: number }, (_, index) =>
      structLines(dump, reference, address + BigInt(index * reference.type.size), base),
    ).flat();
  },
};
