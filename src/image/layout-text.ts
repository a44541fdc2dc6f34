// A struct as C declares it, with the offset and the size of each member in comments, holes and padding, in the manner of
// pahole(1).

import { plural } from '../base/words.js';
import type { Layout, Member } from './layout.js';

const INDENT = '        ';
const CACHELINE = 64; // bytes
const LONGEST = 60; // characters of a declaration that others are aligned with

interface Line {
  readonly text: string;
  readonly comment?: string;
}

const holeText = (bits: number): string =>
  `/* XXX ${bits % 8 === 0 ? plural(bits / 8, 'byte') : plural(bits, 'bit')} hole */`;

const placeOf = ({ offset, size, bits }: Member): string => {
  const at = bits === undefined ? `${offset}` : `${offset}:${bits.from}`;
  return `${at.padStart(6)} ${`${size}`.padStart(5)}`;
};

const membersOf = ({ members, kind }: Layout, depth: number): Line[] => {
  const indent = INDENT.repeat(depth);
  return members.flatMap((member): Line[] => {
    const { hole, inner, declaration } = member;
    const gap =
      hole > 0 && kind === 'struct' ? [{ text: '' }, { text: indent + holeText(hole) }, { text: '' }] : [];
    if (inner === undefined) return [...gap, { text: `${indent}${declaration};`, comment: placeOf(member) }];
    // `struct {…} name[4]` of declare(): its head and its tail, around what is in it.
    const at = declaration.indexOf('{…}');
    return [
      ...gap,
      { text: `${indent}${declaration.slice(0, at)}{` },
      ...membersOf(inner, depth + 1),
      { text: `${indent}}${declaration.slice(at + 3)};`, comment: placeOf(member) },
    ];
  });
};

const totals = ({ size, members, padding, kind }: Layout): string[] => {
  const holes = members.filter(({ hole }) => hole >= 8);
  const lost = holes.reduce((sum, { hole }) => sum + Math.floor(hole / 8), 0);
  const lines = Math.ceil(size / CACHELINE);
  return [
    `/* size: ${size}, cachelines: ${lines}, members: ${members.length} */`,
    ...(holes.length > 0 ? [`/* holes: ${holes.length}, sum holes: ${lost} */`] : []),
    ...(padding > 0 && kind === 'struct' ? [`/* padding: ${padding} */`] : []),
  ];
};

/** The lines of a struct or union, with what stands before its `{`. */
export const layoutLines = (layout: Layout): string[] => {
  const lines = membersOf(layout, 1);
  const width = lines.reduce(
    (most, { text, comment }) =>
      comment === undefined || text.length > LONGEST ? most : Math.max(most, text.length),
    0,
  );
  return [
    `${layout.kind}${layout.name === '' ? '' : ` ${layout.name}`} {`,
    ...lines.map(({ text, comment }) =>
      comment === undefined ? text : `${text.padEnd(width)} /* ${comment} */`,
    ),
    ...(lines.length > 0 ? [''] : []),
    ...totals(layout).map((line) => INDENT + line),
    '};',
  ];
};
