// What a campaign knows of a reader, and how inputs of one kind are made: texts, trees, files.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutateBytes } from './bytes.js';
import type { Random } from './random.js';
import { mutateText } from './text.js';
import { jsonText, mutateTree } from './tree.js';

/** What a reader's inputs are made of, and where they go. */
export interface Target {
  /** Inputs to start from, besides those of the corpus. */
  readonly seeds: readonly string[] | (() => readonly (string | Uint8Array)[]);
  /** Another input, from two of those that are kept. */
  readonly mutate: (random: Random, input: Uint8Array, other: Uint8Array) => Uint8Array;
  /** The part of the program that most inputs go to: its answer as text, or an error that it throws on purpose. */
  readonly quick: (input: Uint8Array) => string | Promise<string>;
  /** Of so many inputs one goes through the whole commands. */
  readonly wholeOneIn: number;
}

export const text = (input: Uint8Array): string => Buffer.from(input).toString('utf8');
export const folder = mkdtempSync(join(tmpdir(), 'oopslab-fuzz-'));
/** A file that each input of a reader is written to. */
export const fileFor = (name: string) => {
  const file = join(folder, name);
  return (input: Uint8Array | string): string => {
    writeFileSync(file, input);
    return file;
  };
};

export const KB = 1 << 10;

/** Text that has no grammar of its own, or one of words. */
export const textual =
  (words: readonly string[], most: number): Target['mutate'] =>
  (random, input, other) =>
    random.oneIn(12)
      ? mutateBytes(random, input, other, most)
      : Buffer.from(mutateText(random, text(input), text(other), words, most));

export const parsed = (input: Uint8Array, read: (source: string) => unknown): unknown => {
  try {
    return read(text(input));
  } catch {
    return undefined;
  }
};

/** Trees: JSON, or YAML, of which JSON is a part. */
export const structured =
  (
    names: () => readonly string[],
    most: number,
    finish: (value: unknown, random: Random) => unknown = (value) => value,
    read: (source: string) => unknown = JSON.parse,
  ): Target['mutate'] =>
  (random, input, other) => {
    const value = random.oneIn(5) ? undefined : parsed(input, read);
    if (value === undefined) return textual(names(), most)(random, input, other);
    const changed = finish(mutateTree(random, value, parsed(other, read) ?? {}, names()), random);
    return Buffer.from(jsonText(changed) ?? 'null').subarray(0, most);
  };

export const once = <Value>(make: () => Value): (() => Value) => {
  let value: Value | undefined;
  return () => (value ??= make());
};

export const jsonOf = (input: Uint8Array): Record<string, unknown> => {
  const value = parsed(input, JSON.parse);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
};

/** Whether an error is one that oopslab throws on purpose, for bad input. */
export const isMeant = (error: unknown): boolean =>
  error instanceof Error && ['ERR_INPUT', 'ERR_FORMAT'].includes(String((error as { code?: unknown }).code));

/** Run a part that may refuse: its words then. */
export function attempt(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (isMeant(error)) return `refused: ${(error as Error).message}`;
    throw error;
  }
}
