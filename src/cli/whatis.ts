// `oopslab whatis`: what lies at an address of an installed kernel, or under a name.

import { hex, parseUnsigned, u64 } from '../base/address.js';
import { InputError } from '../base/errors.js';
import type { TypeOf } from '../base/form.js';
import type { KernelImage } from '../image/kernel-image.js';
import { type PlaceFacts, whatIs } from '../image/whatis.js';
import type { whatisForm } from './kernel-forms.js';
import { type KernelOptions, askedKernel, didYouMean } from './kernel-options.js';
import type { Io } from './output.js';

interface Options extends KernelOptions {
  readonly offset?: bigint;
}

type Document = TypeOf<typeof whatisForm>;

// `shm_close+0x15`, `shm_close+0x15/0x30`, and `cifs_put_smb_ses+0x67/0x320 [cifs]` of a report.
const NAMED = /^([A-Za-z_.$][\w.$]*)(?:\+(0x[\da-f]{1,8}|\d{1,9}))?(?:\/0x[\da-f]+)?(?: ?\[([\w-]+)\])?$/u;
const ADDRESS = /^(?:0x[\da-f]{1,16}|[\da-f]{8,16})$/u;

const placeText = (image: KernelImage, place: bigint): string =>
  image.elf.isRelocatable
    ? `${image.sectionOf(place)?.name ?? 'section'}+${hex(place & 0xffff_ffffn)}`
    : hex(place);

const near = ({ symbol, offset, size }: { symbol: string; offset: number; size: number }): string =>
  `${symbol}+${hex(offset)}/${hex(size)}`;

const atAddress = (image: KernelImage, text: string, options: Options) => {
  if (image.elf.isRelocatable)
    throw new InputError('where a module was loaded is not known: give a symbol, with +OFFSET', {
      field: 'PLACE',
    });
  const address = parseUnsigned(text.startsWith('0x') ? text : `0x${text}`);
  return { place: u64((address ?? 0n) - (options.offset ?? 0n)), address };
};

const found = (
  image: KernelImage,
  types: Parameters<typeof whatIs>[1],
  asked: string,
  options: Options,
): PlaceFacts[] => {
  const { file } = image.elf;
  if (ADDRESS.test(asked)) {
    const { place } = atAddress(image, asked, options);
    const facts = whatIs(image, types, place);
    if (facts !== undefined) return [facts];
    throw new InputError(
      `has no symbol at ${hex(place)}; of a kernel that was moved, --offset says by how much: "Kernel Offset" in its report`,
      { file },
    );
  }
  const [, name, offset = '0'] = NAMED.exec(asked) ?? [];
  if (name === undefined)
    throw new InputError(
      `is no address and no symbol: "${asked}"; give 0xffffffff81000000 or schedule+0x10`,
      {
        field: 'PLACE',
      },
    );
  const symbols = image.symbols().named(name);
  if (symbols.length === 0) {
    const names = image.symbols().all.map((one) => one.name);
    const elsewhere = options.module === undefined ? '; symbols of modules need --module' : '';
    throw new InputError(`has no symbol "${name}"${didYouMean(name, names) || elsewhere}`, { file });
  }
  const inside = symbols.filter(({ size }) => Number(offset) === 0 || Number(offset) < size);
  if (inside.length === 0)
    throw new InputError(`${name} has ${hex(symbols[0]!.size)} bytes, and no +${hex(Number(offset))}`, {
      file,
    });
  return inside.flatMap((symbol) => whatIs(image, types, symbol.at + BigInt(offset), symbol) ?? []);
};

const textOf = (image: KernelImage, facts: PlaceFacts): string[] => {
  const { bug, handler, declaration, also, changed } = facts;
  const of = image.module === undefined ? '' : ` [${image.module}]`;
  return [
    `${near(facts)}${of} at ${placeText(image, facts.place)}, ${facts.kind}${facts.section === undefined ? '' : ` in ${facts.section}`}`,
    ...(declaration === undefined ? [] : [`  ${declaration}`]),
    ...(also.length === 0 ? [] : [`  also ${also.join(', ')}`]),
    ...(bug === undefined
      ? []
      : [`  ${bug.warning ? 'WARN' : 'BUG'}${bug.file === undefined ? '' : ` at ${bug.file}:${bug.line}`}`]),
    ...(handler === undefined ? [] : [`  a fault here goes on at ${near(handler)}`]),
    ...(changed === undefined ? [] : [`  the kernel may have changed these bytes: ${changed}`]),
  ];
};

export const run = async (io: Io, asked: string, options: Options) => {
  const module = options.module ?? NAMED.exec(asked)?.[3];
  const all = { ...options, ...(module === undefined ? {} : { module }) };
  const { image, types } = await askedKernel(io, all);
  const places = found(image, types, asked, all);
  return {
    json: (): Document => ({
      kernel: image.elf.file,
      release: image.release ?? null,
      module: image.module ?? null,
      asked,
      places: places.map((one) => ({
        place: placeText(image, one.place),
        symbol: one.symbol,
        offset: one.offset,
        size: one.size,
        also: [...one.also],
        section: one.section ?? null,
        kind: one.kind,
        declaration: one.declaration ?? null,
        bug:
          one.bug === undefined
            ? null
            : { file: one.bug.file ?? null, line: one.bug.line, warning: one.bug.warning },
        handler: one.handler === undefined ? null : near(one.handler),
        changed: one.changed ?? null,
      })),
    }),
    text: () => places.flatMap((one) => textOf(image, one)).join('\n'),
  };
};
