// The terminal of the stepper: keys and mouse in, screens out, and the terminal as it was in every way of leaving.

import type { Terminal } from 'terminal-kit';
import type { Line, Style } from '../step/styled.js';
import type { Stepper } from '../step/stepper.js';

/** How a session ended: the exit code, and the error that ended it. */
export interface Ending {
  readonly exitCode: number;
  readonly error?: unknown;
}

// terminal-kit's names of keys to those of keys.ts; letters are their own.
const KEYS: Readonly<Record<string, string>> = {
  ENTER: 'Enter',
  KP_ENTER: 'Enter',
  ' ': 'Space',
  LEFT: 'Left',
  RIGHT: 'Right',
  UP: 'Up',
  DOWN: 'Down',
  TAB: 'Tab',
  SHIFT_TAB: 'BackTab',
  HOME: 'Home',
  END: 'End',
  PAGE_UP: 'PageUp',
  PAGE_DOWN: 'PageDown',
  ESCAPE: 'Escape',
  BACKSPACE: 'Backspace',
  CTRL_H: 'Backspace',
  CTRL_C: 'CtrlC',
  CTRL_D: 'q',
};

const INTERRUPTED = 130; // 128 and the number of SIGINT
const SIGNALS = { SIGTERM: 143, SIGHUP: 129, SIGINT: INTERRUPTED } as const;

// The types of `str`, which gives strings, are those of writing at once; so `paint` makes sure of it.
type Paint = (term: Terminal, text: string) => unknown;

// Bold, inverse and struck through are no colours: they stay with NO_COLOR.
const PAINT: Readonly<Record<Style, Paint>> = {
  plain: (_, text) => text,
  title: (term, text) => term.str.dim.noFormat(text),
  focus: (term, text) => term.str.bold.noFormat(text),
  bar: (term, text) => term.str.inverse.noFormat(text),
  current: (term, text) => term.str.bold.noFormat(text),
  changed: (term, text) => term.str.bold.noFormat(text),
  dead: (term, text) => term.str.strike.dim.noFormat(text),
  cursor: (term, text) => term.str.inverse.noFormat(text),
  faint: (term, text) => term.str.dim.noFormat(text),
  alarm: (term, text) => term.str.bold.noFormat(text),
};

const COLOURED: Readonly<Partial<Record<Style, Paint>>> = {
  title: (term, text) => term.str.cyan.noFormat(text),
  focus: (term, text) => term.str.bold.cyan.noFormat(text),
  current: (term, text) => term.str.bold.green.noFormat(text),
  changed: (term, text) => term.str.bold.yellow.noFormat(text),
  alarm: (term, text) => term.str.bold.red.noFormat(text),
};

const paint = (term: Terminal, one: Line, colour: boolean): string =>
  one
    .map(({ text, style }) => String(((colour ? COLOURED[style] : undefined) ?? PAINT[style])(term, text)))
    .join('');

/** A stepper at a terminal. */
export class StepTerminal {
  readonly #term: Terminal;
  readonly #stepper: Stepper;
  readonly #colour: boolean;
  #isOn = false;
  #drawn: string[] = [];
  #end: (ending: Ending) => void = () => undefined;

  constructor(term: Terminal, stepper: Stepper, colour: boolean) {
    this.#term = term;
    this.#stepper = stepper;
    this.#colour = colour;
  }

  /** Run until the user leaves, or something ends it; the terminal is as it was before. */
  async run(): Promise<Ending> {
    const restore = (): void => this.restore();
    const ended = new Promise<Ending>((resolve) => {
      this.#end = resolve;
    });
    const handlers = Object.entries(SIGNALS).map(([signal, exitCode]) => {
      const handler = (): void => this.#end({ exitCode });
      process.on(signal, handler);
      return [signal, handler] as const;
    });
    const crashed = (error: unknown): void => this.#end({ exitCode: 2, error });
    process.on('uncaughtException', crashed);
    process.on('unhandledRejection', crashed);
    process.on('exit', restore); // whatever else calls exit()
    this.#term.on('key', (name: string) => this.#guard(() => this.#key(name)));
    this.#term.on('mouse', (name: string, data: { x: number; y: number }) =>
      this.#guard(() => this.#mouse(name, data)),
    );
    this.#term.on('resize', (columns: number, rows: number) =>
      this.#guard(() => this.#resize(columns, rows)),
    );
    process.stdin.on('end', () => this.#end({ exitCode: 0 })); // the terminal went away
    try {
      this.#guard(() => this.#enter());
      return await ended;
    } finally {
      this.restore();
      for (const [signal, handler] of handlers) process.off(signal, handler);
      process.off('uncaughtException', crashed);
      process.off('unhandledRejection', crashed);
      process.off('exit', restore);
    }
  }

  /** Give the terminal back: its own screen, the cursor, no mouse, no raw mode. */
  restore(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#term.grabInput(false);
    this.#term.styleReset();
    // Not fullscreen(false), which leaves from the last row: a tmux that was resized then keeps rows of it.
    this.#term.clear();
    this.#term.hideCursor(false);
    this.#term.alternateScreenBuffer(false);
    process.stdin.pause();
  }

  #enter(): void {
    this.#isOn = true;
    this.#term.alternateScreenBuffer(true);
    this.#term.hideCursor(true);
    this.#term.grabInput({ mouse: 'button' });
    this.#resize(this.#term.width, this.#term.height);
  }

  // A mistake of ours ends the session instead of leaving a terminal without echo.
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#end({ exitCode: 2, error });
    }
  }

  #key(name: string): void {
    if (name === 'CTRL_Z') return this.#suspend();
    if (name === 'CTRL_L') this.#drawn = [];
    else this.#stepper.key(KEYS[name] ?? name);
    const { ended } = this.#stepper;
    if (ended === undefined) this.#draw();
    else this.#end({ exitCode: ended === 'quit' ? 0 : INTERRUPTED });
    return undefined;
  }

  #mouse(name: string, { x, y }: { readonly x: number; readonly y: number }): void {
    if (name === 'MOUSE_LEFT_BUTTON_PRESSED') this.#stepper.click(x - 1, y - 1);
    else if (name === 'MOUSE_WHEEL_UP') this.#stepper.wheel(-3, x - 1, y - 1);
    else if (name === 'MOUSE_WHEEL_DOWN') this.#stepper.wheel(3, x - 1, y - 1);
    else return;
    this.#draw();
  }

  #resize(columns: number, rows: number): void {
    // A terminal that does not say its size has 80x24.
    const known = columns > 0 && rows > 0 && Number.isFinite(columns + rows);
    this.#stepper.resize(known ? { columns, rows } : { columns: 80, rows: 24 });
    this.#drawn = [];
    this.#draw();
  }

  #suspend(): void {
    this.restore();
    const waiting = setInterval(() => undefined, 1 << 30); // with stdin paused nothing else keeps the process
    process.once('SIGCONT', () => {
      clearInterval(waiting);
      this.#guard(() => this.#enter());
    });
    process.kill(process.pid, 'SIGTSTP');
  }

  // Only lines that changed are sent: that matters over ssh.
  #draw(): void {
    if (!this.#isOn) return;
    const lines = this.#stepper.screen.lines.map((one) => paint(this.#term, one, this.#colour));
    const moves = lines.flatMap((text, row) =>
      this.#drawn[row] === text ? [] : [`${String(this.#term.str.moveTo(1, row + 1))}${text}`],
    );
    const clear = this.#drawn.length === 0 ? String(this.#term.str.clear()) : '';
    this.#drawn = lines;
    if (moves.length > 0) process.stdout.write(`${clear}${moves.join('')}`);
  }
}
