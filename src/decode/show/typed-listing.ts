// A function of a kernel or module as a listing: each instruction with the field that it accesses, in C, and what the
// kernel's tables say of its place.

import {
  flag,
  integer,
  list,
  oneOf,
  orNull,
  record,
  says,
  text,
  titled,
  type TypeOf,
} from '../../base/form.js';
import type { Btf } from '../../image/btf.js';
import { declareFunction } from '../../image/declare.js';
import type { KernelImage } from '../../image/kernel-image.js';
import type { ImageSymbol } from '../../image/symbols.js';
import { type Code, type CodePiece, decodePiece, placeOf } from '../code/code-piece.js';
import { ImageFunctions } from '../code/image-functions.js';
import { FunctionTypes } from '../types/function-types.js';
import { ImageNames } from '../types/image-names.js';

/** The form of a listing. */
export const typedListingForm = titled(
  'What oopslab dis --kernel prints with --json',
  record({
    function: text(),
    release: says('null where the image does not say', orNull(text())),
    module: says('null for the kernel itself', orNull(text())),
    prototype: says('in C; null without one', orNull(text())),
    place: says('as it is linked: an address, or section:offset in a module', text()),
    size: says('bytes', integer(0)),
    instructions: list(
      record({
        at: text(),
        bytes: text(),
        text: text(),
        marked: flag,
        access: says(
          'the field of a struct that it accesses; null where it has no name',
          orNull(
            record({
              text: says('a C expression', text()),
              type: text(),
              sure: oneOf(['likely', 'possible']),
              how: list(text()),
            }),
          ),
        ),
        notes: says('what the tables of the kernel say of it', list(text())),
      }),
    ),
  }),
);

/** A function as a listing. */
type TypedListing = TypeOf<typeof typedListingForm>;

const shortFile = (file: string): string => file.replace(/^(?:\.\.?\/)+/u, '');

// A branch inside the function is printed with its place in it.
const textOf = (code: Code, parts: readonly CodePiece[]): string => {
  const { text, target, mnemonic } = code.instruction;
  const to = code.piece.ways?.targets.get(code.at - code.piece.offset) ?? target;
  const part = parts.find(
    ({ address, bytes }) => to !== undefined && to >= address && to < address + BigInt(bytes.length),
  );
  if (part === undefined || to === undefined || code.piece.calls?.has(code.at - code.piece.offset) === true)
    return text.replaceAll(/\s+/gu, ' ');
  return `${mnemonic} ${part.symbol ?? ''}+0x${(to - part.address + BigInt(part.offset)).toString(16)}`;
};

/**
 * @param btf the types of the image; without them nothing is named
 * @param marked offset of the instruction that is asked about
 */
export const typedListing = (
  image: KernelImage,
  symbol: ImageSymbol,
  btf: Btf | undefined,
  marked: number | undefined,
): TypedListing | undefined => {
  const functions = new ImageFunctions(image);
  const piece = functions.of(symbol);
  if (piece === undefined) return undefined;
  const types = btf === undefined ? undefined : new FunctionTypes(new ImageNames(functions).of(piece), btf);
  const { name, at, size } = symbol;
  const parts = [piece, ...(piece.parts ?? []).filter(({ resumes }) => resumes === undefined)];
  return {
    function: name,
    release: image.release ?? null,
    module: image.module ?? null,
    prototype: (btf && declareFunction(btf, name)) ?? null,
    place: image.elf.isRelocatable
      ? `${image.sectionOf(at)?.name ?? '?'}:0x${(at & 0xffff_ffffn).toString(16)}`
      : `0x${at.toString(16)}`,
    size,
    instructions: parts.flatMap((part) =>
      [...decodePiece(part).values()].map((one) => {
        const place = part.address + BigInt(one.at - part.offset);
        const named = types?.access(place)?.named;
        const bug = image.bugs().get(place);
        const handler = image.handlers().get(place);
        const instead = part.ways?.instead.get(one.at - part.offset);
        return {
          at: placeOf(one),
          bytes: Buffer.from(one.instruction.bytes).toString('hex'),
          text: textOf(one, parts),
          marked: part === piece && one.at === marked,
          access:
            named === undefined
              ? null
              : { text: named.text, type: named.type, sure: named.fieldSure, how: [...named.how] },
          notes: [
            ...(bug === undefined
              ? []
              : [`${bug.warning ? 'WARN' : 'BUG'} at ${shortFile(bug.file ?? '?')}:${bug.line}`]),
            ...(handler === undefined ? [] : ['an exception here has a handler']),
            ...(instead === undefined ? [] : ['the kernel may put other code here']),
          ],
        };
      }),
    ),
  };
};

/** Lines for people. @param bytes with the bytes of each instruction */
export const typedListingLines = (listing: TypedListing, bytes: boolean): string[] => {
  const { instructions, prototype, release, module, size, place } = listing;
  const places = instructions.reduce((most, { at }) => Math.max(most, at.length), 0);
  const texts = Math.min(
    48,
    instructions.reduce((most, one) => Math.max(most, one.text.length), 0),
  );
  return [
    `${listing.function}${module === null ? '' : ` of the module ${module}`}, Linux ${release ?? '(unknown)'}: ${size} bytes at ${place}`,
    ...(prototype === null ? [] : [prototype]),
    '',
    ...instructions.map(({ at, bytes: digits, text: said, marked, access, notes }) => {
      const comments = [
        ...(access === null ? [] : [`${access.text}${access.sure === 'likely' ? '' : ' (possible)'}`]),
        ...notes,
      ];
      const code = `${marked ? '>' : ' '} ${at.padEnd(places)}  ${bytes ? `${digits.padEnd(22)} ` : ''}${said}`;
      const width = 4 + places + texts + (bytes ? 23 : 0);
      return comments.length === 0 ? code : `${code.padEnd(width)}  # ${comments.join('; ')}`;
    }),
  ];
};
