// A terminal: tmux, with a new server for each start.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { vi } from 'vitest';

/** Whether there is a tmux to run. */
export const hasTmux = process.platform !== 'win32' && spawnSync('tmux', ['-V']).status === 0;

/** One terminal at a time; starting another one leaves the last one to end by itself. */
export class Tmux {
  readonly #folder: string;
  #socket = '';
  #starts = 0;

  /** @param folder where the sockets are */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** How many terminals were started. */
  get starts(): number {
    return this.#starts;
  }

  /** Any command of tmux. Returns what it prints. */
  run(...args: readonly string[]): string {
    return spawnSync('tmux', ['-S', this.#socket, '-f', '/dev/null', ...args], { encoding: 'utf8' }).stdout;
  }

  /** Start a terminal that runs a command of the shell. */
  start(command: string, columns: number, rows: number): void {
    this.#starts += 1;
    this.#socket = join(this.#folder, `tmux-${this.#starts}`);
    this.run('new-session', '-d', '-x', String(columns), '-y', String(rows), 'sh', '-c', command);
  }

  end(): void {
    this.run('kill-server');
  }

  /** Press keys, by their names in tmux. */
  keys(...names: readonly string[]): void {
    this.run('send-keys', ...names);
  }

  type(text: string): void {
    this.run('send-keys', '-l', text);
  }

  /** All rows of the screen. */
  screen(): string[] {
    return this.run('capture-pane', '-p').replace(/\n$/u, '').split('\n');
  }

  /** The screen as soon as this is true of it. `what` is for the message when it stays false. */
  until(holds: (lines: readonly string[]) => boolean, what: string): Promise<string[]> {
    return vi.waitFor(
      () => {
        const lines = this.screen();
        if (holds(lines)) return lines;
        throw new Error(`waited for ${what}, but there is\n${lines.join('\n').trimEnd()}`);
      },
      { timeout: 20_000, interval: 50 },
    );
  }

  /** The screen as soon as this text is on it. */
  shows(text: string): Promise<string[]> {
    return this.until((lines) => lines.some((one) => one.includes(text)), text);
  }
}
