// The registers: value, name and meaning; `*` is what the last instruction changed, [brackets] a name that is gone.

import { hex } from '../base/address.js';
import { append } from '../base/long-lists.js';
import { REGISTERS, REGISTER_INDEX } from '../x86/registers.js';
import type { Look } from './look.js';
import type { Death } from '../reading/names.js';
import type { Pane } from './pane.js';
import type { Scene } from '../reading/scene.js';
import { flagsText, registerMeaning } from '../reading/words.js';
import { type Line, type Span, fit, span } from './styled.js';

const WIDE = 64; //  columns that have room for types and killers
const SHOWN = 16; // registers that a compact pane shows; rip and rflags are in titles

const deathOf = (scene: Scene, register: string, name: string): Death | undefined => {
  const death = scene.names.lastDeath(scene.view, register, scene.at);
  return death?.name === name ? undefined : death;
};

const registerLine = (scene: Scene, index: number, isCursor: boolean, width: number): Line => {
  const register = REGISTERS[index]!;
  const value = scene.registers[index]!;
  const changed = scene.at > 0 && scene.recording.registersAt(scene.at - 1)[index] !== value;
  const { name, type, what } = registerMeaning(scene, register);
  const death = deathOf(scene, register, name);
  const wide = width >= WIDE;
  const words: Span[] = [];
  if (name !== '') words.push(span(` ${name}`, changed ? 'changed' : 'plain'));
  if (wide && type !== '') words.push(span(` (${type})`, 'faint'));
  const isTold = what !== '' && what !== name && (wide || name === '' || what.startsWith('-'));
  const told = isTold ? [span(` = ${what}`)] : [];
  const gone = death === undefined ? [] : [span(' '), span(`[${death.name}]`, 'dead')];
  // The dead first where only one of them fits.
  const how = span(death === undefined ? '' : ` ${death.how}`, 'faint');
  append(words, wide ? [...told, ...gone, how] : [...gone, ...told]);
  return [
    span(
      `${isCursor ? '>' : ' '}${register.padEnd(3)}${changed ? '*' : ' '}`,
      isCursor ? 'cursor' : changed ? 'changed' : 'plain',
    ),
    span(hex(value).padEnd(18), changed ? 'changed' : 'plain'),
    ...words,
  ];
};

// The names that the last instruction took away.
const lostNow = (scene: Scene): string | undefined => {
  const lost = REGISTERS.slice(0, SHOWN).flatMap((register) => {
    const death = scene.names.lastDeath(scene.view, register, scene.at);
    return death?.state === scene.at - 1 ? [`${register} lost ${death.name}: ${death.how} ${death.by}`] : [];
  });
  return lost.length > 1 ? `${lost[0]}; ${lost.length - 1} more` : lost[0];
};

const cursorDetail = (scene: Scene, index: number): string => {
  const register = REGISTERS[index]!;
  const { name, type, what } = registerMeaning(scene, register);
  const death = deathOf(scene, register, name);
  const gone = death === undefined ? [] : [`[${death.name}] ${death.how} ${death.by}`];
  const value = what === name || what === '' ? '' : `= ${what}`;
  return [`${register} ${name}`.trim(), ...gone, value, type].filter((part) => part !== '').join(', ');
};

/** The register pane. @param compact 16 registers in two columns, for few rows */
export const registerPane = (scene: Scene, look: Look, compact: boolean): Pane => {
  const shown = compact ? SHOWN : REGISTERS.length;
  const selected = Math.min(look.register, shown - 1);
  const focused = look.focus === 'registers';
  const half = SHOWN / 2;
  const flags = flagsText(scene.registers[REGISTER_INDEX.rflags]!);
  const lost = lostNow(scene);
  const { problem } = scene.names; // known once a name was looked up
  const told = problem === undefined ? (lost ?? flags) : `no names: ${problem}`;
  const detail = focused ? cursorDetail(scene, selected) : told;
  const one = (index: number, width: number): Line =>
    registerLine(scene, index, focused && index === selected, width);
  return {
    title: `registers${scene.view === 'analyst' ? ' (analyst)' : ''}: ${detail}`,
    count: compact ? half : shown,
    anchor: compact ? selected % half : selected,
    row: (index, width) =>
      compact ? pair(one(index, width >> 1), one(index + half, width >> 1), width >> 1) : one(index, width),
  };
};

// Cut the left column, so that the right one stays in its place.
const pair = (left: Line, right: Line, width: number): Line => [...fit(left, width), ...right];
