// The stack from RSP up, every word explained: return address, saved register, pt_regs field, named value, object.

import { type Addr, hex } from '../base/address.js';
import type { Look } from './look.js';
import type { Pane } from './pane.js';
import type { Scene } from '../reading/scene.js';
import { explainWord, stackWords } from '../reading/words.js';
import { type Line, span } from './styled.js';

const WORD = 8n;

export const stackRow = (scene: Scene, { stack }: Look): number => {
  const { start, count } = stackWords(scene);
  const row = stack === undefined ? 0 : Number((stack - start) / WORD);
  return Math.max(0, Math.min(count - 1, row));
};

const stackLine = (scene: Scene, start: Addr, index: number, isCursor: boolean): Line => {
  const address = start + BigInt(index) * WORD;
  const write = scene.navigator.lastWrite(address, 8);
  const changed = write !== undefined && !write.host && write.instruction === scene.at - 1;
  const style = isCursor ? 'cursor' : changed ? 'changed' : 'plain';
  const offset = index === 0 ? 'rsp' : `rsp+${hex(index * 8)}`;
  return [
    span(`${isCursor ? '>' : ' '}${offset.padEnd(9)}${changed ? '*' : ' '}`, style),
    span(`${hex(scene.memory.readU64(address)).padEnd(18)} `, changed ? 'changed' : 'plain'),
    span(explainWord(scene, address)),
  ];
};

export const stackPane = (scene: Scene, look: Look): Pane => {
  const { start, count } = stackWords(scene);
  const anchor = stackRow(scene, look);
  const region = scene.objects.region(start);
  return {
    title: `stack: ${hex(start)}${region === undefined ? '' : `, ${region.name}`}`,
    count: Math.max(1, count),
    anchor,
    row: (index) =>
      index < count
        ? stackLine(scene, start, index, look.focus === 'stack' && index === anchor)
        : [span(' no stack here')],
  };
};
