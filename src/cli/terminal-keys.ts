// Keys and mouse of a terminal: Node's readline parses the keys, this file the reports of the mouse.

import { type Key, createInterface, emitKeypressEvents } from 'node:readline';
import { PassThrough } from 'node:stream';

/** A click or a turn of the wheel; column and row count from 0. */
export interface Mouse {
  readonly kind: 'click' | 'wheel up' | 'wheel down';
  readonly column: number;
  readonly row: number;
}

/** Mouse reports on and off: buttons and the wheel (1000), in decimal numbers (1006), as xterm defines them. */
export const MOUSE = { on: '\u001b[?1000h\u001b[?1006h', off: '\u001b[?1006l\u001b[?1000l' } as const;

// The Escape key sends the byte that longer sequences start with. If nothing follows for this time, it was the key.
const ESCAPE_DELAY = 50; // ms

// readline's names and codes to those of step/keys.ts.
const KEYS: Readonly<Record<string, string>> = {
  return: 'Enter',
  enter: 'Enter',
  OM: 'Enter', // of the number pad
  space: 'Space',
  left: 'Left',
  right: 'Right',
  up: 'Up',
  down: 'Down',
  tab: 'Tab',
  home: 'Home',
  end: 'End',
  pageup: 'PageUp',
  pagedown: 'PageDown',
  backspace: 'Backspace',
};

const CONTROL: Readonly<Record<string, string>> = { c: 'CtrlC', d: 'q', l: 'CtrlL', z: 'CtrlZ' };

const nameOf = (character: string | undefined, { name = '', code = '', ...key }: Key & { code?: string }) => {
  if (name === 'escape') return 'Escape'; // has `meta`, too
  if (key.meta === true) return undefined;
  if (key.ctrl === true) return CONTROL[name];
  if (name === 'tab' && key.shift === true) return 'BackTab';
  return KEYS[name] ?? KEYS[code] ?? (character !== undefined && character >= ' ' ? character : undefined);
};

const BUTTONS: ReadonlyMap<number, Mouse['kind']> = new Map([
  [0, 'click'],
  [64, 'wheel up'],
  [65, 'wheel down'],
]);
const MODIFIERS = 4 | 8 | 16; // Shift, Alt, Ctrl

const mouseOf = (button: number, column: number, row: number): Mouse | undefined => {
  const kind = BUTTONS.get(button & ~MODIFIERS);
  return kind === undefined ? undefined : { kind, column: column - 1, row: row - 1 };
};

// The rest of a mouse report after its head: `0;60;5M` for a press, `m` for its release; or, from terminals without
// 1006, three characters, each 32 more than its number. `undefined` while it is incomplete, null when it is not a press.
const readReport = (head: string, rest: string): Mouse | null | undefined => {
  if (head === '[M') {
    if (rest.length < 3) return undefined;
    const [button, column, row] = [...rest].map((one) => one.codePointAt(0)! - 32);
    return mouseOf(button!, column!, row!) ?? null;
  }
  const [, button, column, row] = /^(\d{1,4});(\d{1,4});(\d{1,4})M$/u.exec(rest) ?? [];
  if (row !== undefined) return mouseOf(Number(button), Number(column), Number(row)) ?? null;
  return /^[\d;]{0,14}$/u.test(rest) ? undefined : null;
};

/**
 * Report the keys and the mouse of a terminal. Keys have the names of step/keys.ts, or are `CtrlL` and `CtrlZ`; any other
 * key is its character. Unknown sequences are dropped.
 */
export const readKeys = (
  input: NodeJS.ReadableStream,
  onKey: (name: string) => void,
  onMouse: (mouse: Mouse) => void,
): void => {
  // Only an interface carries the delay to emitKeypressEvents(); it reads nothing itself.
  emitKeypressEvents(
    input,
    createInterface({ input: new PassThrough(), escapeCodeTimeout: ESCAPE_DELAY, terminal: false }),
  );
  let report: { readonly head: string; rest: string } | undefined;
  input.on('keypress', (character: string | undefined, key: Key & { code?: string }) => {
    if (report !== undefined) {
      report.rest += key.sequence ?? '';
      const mouse = readReport(report.head, report.rest);
      if (mouse === undefined) return;
      report = undefined;
      if (mouse !== null) onMouse(mouse);
    } else if (key.code === '[<' || key.code === '[M') report = { head: key.code, rest: '' };
    else {
      const name = nameOf(character, key);
      if (name !== undefined) onKey(name);
    }
  });
};
