// The code around the instruction that runs next: provenance, instruction, source line. `=>` is what runs next.

import { hex } from '../base/address.js';
import type { Look } from './look.js';
import type { Pane } from './pane.js';
import type { CodeLine, Scene } from '../reading/scene.js';
import { PROVENANCE } from '../reading/words.js';
import { type Line, line, plainText, span } from './styled.js';

/** The row of the code pane that its cursor is on. */
export const codeRow = (scene: Scene, look: Look, code: readonly CodeLine[]): number => {
  const { navigator } = scene;
  const wanted =
    look.code ?? navigator.site?.address ?? navigator.siteBefore(Math.max(0, scene.at - 1))?.address;
  return Math.max(
    0,
    code.findIndex(({ address }) => address === wanted),
  );
};

const SOME = 8; // characters of a line that are worth showing

const cut = (source: string, most: number, place: string): string =>
  most < place.length + SOME ? place : `${source.slice(0, most - 1)}…`;

const codeLine = (scene: Scene, one: CodeLine, isCursor: boolean, width: number): Line => {
  const isNext = scene.navigator.site?.address === one.address;
  const letter = one.provenance === undefined ? ' ' : PROVENANCE[one.provenance];
  const offset = `+${hex(one.offset)}`.padEnd(6);
  const style = isNext ? 'current' : isCursor ? 'cursor' : 'plain';
  const left = [
    span(`${isCursor ? '>' : ' '}${isNext ? '=>' : '  '} `, style),
    span(`${letter} `, 'faint'),
    span(`${offset} ${one.text.replaceAll(/ {2,}/gu, ' ')}`, style),
  ];
  if (one.source === undefined) return left;
  const most = width - plainText(left).length - 2;
  // The place is worth more than the text of the line.
  const place = one.source.replace(/: .*$/u, '');
  if (place.length > most) return left;
  const source = one.source.length <= most ? one.source : cut(one.source, most, place);
  return [...left, span(' '.repeat(most + 1 - source.length)), span(`${source} `, 'faint')];
};

export const codePane = (scene: Scene, look: Look): Pane => {
  const symbol = scene.function;
  const code = symbol === undefined ? [] : scene.codeOf(symbol);
  const anchor = codeRow(scene, look, code);
  const now = code.find(({ address }) => address === scene.navigator.site?.address);
  const source = now && code.findLast((one) => one.offset <= now.offset && one.source !== undefined)?.source;
  const { navigator } = scene;
  const last = navigator.siteBefore(Math.max(0, scene.at - 1));
  const ended =
    last === undefined ? 'nothing ran' : `ended after ${navigator.symbols.formatLocation(last.address)}`;
  const what = [navigator.site === undefined ? ended : scene.location, source, now?.provenance]
    .filter((part) => part !== undefined)
    .join(', ');
  return {
    title: `code: ${what}`,
    count: Math.max(1, code.length),
    anchor,
    row: (index, width) => {
      const one = code[index];
      if (one === undefined) return line(`   no bytes of ${symbol?.name ?? 'what runs here'}`);
      return codeLine(scene, one, index === anchor && look.focus === 'code', width);
    },
  };
};
