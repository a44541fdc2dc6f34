// The terminal of the stepper: keys and mouse in, screens out, and the terminal as it was in every way of leaving.

import { styleText } from 'node:util';
import type { Line, Style } from '../step/styled.js';
import type { Stepper } from '../step/stepper.js';
import { MOUSE, type Mouse, readKeys } from './terminal-keys.js';

/** How a session ended: the exit code, and the error that caused it. */
export interface Ending {
  readonly exitCode: number;
  readonly error?: unknown;
}

const INTERRUPTED = 130; // 128 and the number of SIGINT
const SIGNALS = { SIGTERM: 143, SIGHUP: 129, SIGINT: INTERRUPTED } as const;

type Format = Parameters<typeof styleText>[0];

// Bold, inverse and struck through are not colours: they stay with NO_COLOR.
const PLAIN: Readonly<Record<Style, Format>> = {
  plain: [],
  title: 'dim',
  focus: 'bold',
  bar: 'inverse',
  current: 'bold',
  changed: 'bold',
  dead: ['strikethrough', 'dim'],
  cursor: 'inverse',
  faint: 'dim',
  alarm: 'bold',
};

const COLOURED: Readonly<Record<Style, Format>> = {
  ...PLAIN,
  title: 'cyan',
  focus: ['bold', 'cyan'],
  current: ['bold', 'green'],
  changed: ['bold', 'yellow'],
  alarm: ['bold', 'red'],
};

// Without this option newer Nodes omit all styles, bold too, when NO_COLOR is set.
const paint = (one: Line, formats: Readonly<Record<Style, Format>>): string =>
  one.map(({ text, style }) => styleText(formats[style], text, { validateStream: false })).join('');

// Control sequences of xterm, which other terminals understand too.
const SCREEN = { enter: '\u001b[?1049h', leave: '\u001b[?1049l', clear: '\u001b[H\u001b[2J' } as const;
const CURSOR = { hide: '\u001b[?25l', show: '\u001b[?25h' } as const;
const RESET = '\u001b[0m';
const lineStart = (row: number): string => `\u001b[${row + 1};1H`;

/** A stepper at a terminal. */
export class StepTerminal {
  readonly #stepper: Stepper;
  readonly #formats: Readonly<Record<Style, Format>>;
  #isOn = false;
  #drawn: string[] = [];
  #end: (ending: Ending) => void = () => undefined;

  constructor(stepper: Stepper, colour: boolean) {
    this.#stepper = stepper;
    this.#formats = colour ? COLOURED : PLAIN;
  }

  /** Run until the user leaves, or a signal or an error ends it; the terminal is then as it was before. */
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
    readKeys(
      process.stdin,
      (name) => this.#guard(() => this.#key(name)),
      (mouse) => this.#guard(() => this.#mouse(mouse)),
    );
    process.stdout.on('resize', () => this.#guard(() => this.#resize()));
    for (const gone of ['end', 'error']) process.stdin.on(gone, () => this.#end({ exitCode: 0 })); // the terminal went away
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
    process.stdin.setRawMode(false);
    process.stdin.pause();
    // Cleared first: a tmux that was resized keeps rows of it otherwise.
    process.stdout.write(`${MOUSE.off}${RESET}${SCREEN.clear}${CURSOR.show}${SCREEN.leave}`);
  }

  #enter(): void {
    this.#isOn = true;
    process.stdin.setRawMode(true);
    process.stdin.resume();
    process.stdout.write(`${SCREEN.enter}${CURSOR.hide}${MOUSE.on}`);
    this.#resize();
  }

  // A defect of oopslab ends the session; the terminal must not stay without echo.
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#end({ exitCode: 2, error });
    }
  }

  #key(name: string): void {
    if (name === 'CtrlZ') return this.#suspend();
    if (name === 'CtrlL') this.#drawn = [];
    else this.#stepper.key(name);
    const { ended } = this.#stepper;
    if (ended === undefined) this.#draw();
    else this.#end({ exitCode: ended === 'quit' ? 0 : INTERRUPTED });
    return undefined;
  }

  #mouse({ kind, column, row }: Mouse): void {
    if (kind === 'click') this.#stepper.click(column, row);
    else this.#stepper.wheel(kind === 'wheel up' ? -3 : 3, column, row);
    this.#draw();
  }

  #resize(): void {
    const { columns, rows } = process.stdout;
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
    const lines = this.#stepper.screen.lines.map((one) => paint(one, this.#formats));
    const moves = lines.flatMap((text, row) =>
      this.#drawn[row] === text ? [] : [`${lineStart(row)}${text}`],
    );
    const clear = this.#drawn.length === 0 ? SCREEN.clear : '';
    this.#drawn = lines;
    if (moves.length > 0) process.stdout.write(`${clear}${moves.join('')}`);
  }
}
