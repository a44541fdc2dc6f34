// A screen of the stepper: a recording at the cursor, in exactly so many columns and rows.

import { hex } from '../base/address.js';
import type { RecordedAccess } from '../recording/accesses.js';
import { formatOutcome } from '../recording/outcome.js';
import { codePane } from './code-pane.js';
import { eventsPane } from './events-pane.js';
import { helpLine, helpPage } from './keys.js';
import { type Rect, layOut } from './layout.js';
import type { Look } from './look.js';
import { memoryPane } from './memory-pane.js';
import { type Pane, windowStart } from './pane.js';
import { registerPane } from './register-pane.js';
import { isUseAfterFree } from '../reading/out-of-bounds.js';
import type { Scene } from '../reading/scene.js';
import { stackPane } from './stack-pane.js';
import { type Line, type Span, fit, line, plainText, span } from './styled.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What lies over the panes. */
interface Overlay {
  /** Said in the line above the help line, in place of what the next instruction does. */
  readonly message?: string | undefined;
  /** What is being typed, with its prompt. */
  readonly prompt?: string | undefined;
  readonly help?: boolean;
}

/** Where a pane's rows ended up: for the mouse. */
export interface Placed extends Rect {
  /** The pane's row below the title. */
  readonly start: number;
}

/** A screen: exactly `rows` lines of exactly `columns` columns. */
export interface Screen {
  readonly lines: readonly Line[];
  readonly placed: readonly Placed[];
}

const paneOf = (scene: Scene, look: Look, { pane, compact }: Rect): Pane => {
  switch (pane) {
    case 'code':
      return codePane(scene, look);
    case 'registers':
      return registerPane(scene, look, compact);
    case 'stack':
      return stackPane(scene, look);
    case 'memory':
      return memoryPane(scene, look);
    case 'events':
      return eventsPane(scene, look);
  }
};

const titleLine = (title: string, focused: boolean, width: number): Line => {
  const rule = focused ? '=' : '-';
  const text = `${rule}${rule} ${title} `;
  return fit(line(text.length > width ? text : text.padEnd(width, rule), focused ? 'focus' : 'title'), width);
};

// The rows of a pane, its title first.
const drawPane = (scene: Scene, look: Look, rect: Rect): { lines: Line[]; placed: Placed } => {
  const pane = paneOf(scene, look, rect);
  const height = rect.height - 1;
  const start = windowStart(pane, height);
  const rows = Array.from({ length: Math.max(0, height) }, (_, index) =>
    fit(start + index < pane.count ? pane.row(start + index, rect.width) : [], rect.width),
  );
  return {
    lines: [titleLine(pane.title, look.focus === rect.pane, rect.width), ...rows],
    placed: { ...rect, start },
  };
};

const bar = (scene: Scene): string => {
  const { recording, at, step, view } = scene;
  const running = step === undefined ? '' : `  ${step.number}. ${step.step.step}`;
  const place = `${at}/${recording.instructions} ${scene.location}`;
  return ` ${recording.header.scenario}${running}  ${place}${view === 'analyst' ? '  published bytes alone' : ''}`;
};

const accessText = (scene: Scene, access: RecordedAccess): string => {
  const { kind, address, size, old, new: made } = access;
  const found = scene
    .outOfBoundsIn(access.instruction, access.instruction + 1)
    .find((one) => one.access === kind && BigInt(one.address) === address);
  const value = kind === 'write' ? `: ${hex(old)} becomes ${hex(made)}` : '';
  const wrong = found === undefined ? '' : isUseAfterFree(found) ? ', USE AFTER FREE' : ', OUT OF BOUNDS';
  return `${found === undefined ? '' : '! '}${kind}s ${size} at ${scene.nameAccess(address)}${value}${wrong}`;
};

/** What the next instruction does to memory; at the end what came of the run. */
const nextText = (scene: Scene): string => {
  const { at, navigator, recording } = scene;
  if (at === navigator.end) return `end: ${formatOutcome(recording.header.outcome)}`;
  const accesses = navigator.accessesOf(at).map((access) => accessText(scene, access));
  const trapped = at === scene.trap ? ['! traps here'] : [];
  const found = scene.findingsIn(at, at + 1).filter((one) => one.access === null && one.at !== null);
  const said = found.map(({ says }) => `! ${says}`);
  return accesses.length + trapped.length + said.length === 0
    ? 'next: no memory'
    : `next: ${[...trapped, ...said, ...accesses].join('; ')}`;
};

const joinColumns = (left: readonly Line[], right: readonly Line[]): Line[] =>
  left.map((one, index): Line => [...one, span('|', 'title'), ...(right[index] ?? [])]);

export const drawScreen = (
  scene: Scene,
  look: Look,
  { columns, rows }: Size,
  overlay: Overlay = {},
): Screen => {
  const { rects, top, bottom } = layOut(columns, rows, look.focus, look.bottom);
  const height = Math.max(0, rows - top - bottom);
  const drawn = overlay.help === true ? [] : rects.map((rect) => drawPane(scene, look, rect));
  const column = (x: number): Line[] =>
    drawn.filter(({ placed }) => placed.x === x).flatMap(({ lines }) => lines);
  const isWide = drawn.some(({ placed }) => placed.x > 0);
  const body =
    overlay.help === true
      ? helpPage(columns).map((text) => line(text))
      : isWide
        ? joinColumns(column(0), column((columns >> 1) + 1))
        : column(0);
  const message = overlay.prompt ?? overlay.message ?? nextText(scene);
  const style = message.includes('! ') ? 'alarm' : 'plain';
  const below: Line[] =
    bottom === 2
      ? [line(` ${message}`, style), line(helpLine(columns), 'faint')]
      : [line(` ${message}`, style)];
  const blank: Span[] = [];
  const lines: Line[] = [
    line(bar(scene), 'bar'),
    ...Array.from({ length: height }, (_, index) => body[index] ?? blank),
    ...below,
  ];
  return {
    lines: lines.slice(0, rows).map((one) => fit(one, columns)),
    placed: drawn.map(({ placed }) => placed),
  };
};

/** A screen as text without styles, blanks at the ends of lines dropped. */
export const screenText = ({ lines }: Screen): string =>
  lines.map((one) => plainText(one).trimEnd()).join('\n');
