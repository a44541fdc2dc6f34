// One YAML block of a lesson: its fields, and where each stands in the Markdown file. What they mean is not known here.

import type { Document, LineCounter, Node } from 'yaml';
import { nearest } from '../base/did-you-mean.js';
import { InputError } from '../base/errors.js';
import { type FieldPath, formatPath } from '../base/check-form.js';
import { yaml } from '../base/yaml.js';

/** A block, read. */
export class Block {
  readonly value: Readonly<Record<string, unknown>>;
  readonly #document: Document;
  readonly #lines: LineCounter;

  /**
   * @param line of the file that the block's first line is, from 1
   * @throws {InputError} when it is no YAML, or no map
   */
  constructor(
    readonly file: string,
    readonly line: number,
    text: string,
  ) {
    const { LineCounter: Counter, parseDocument } = yaml();
    this.#lines = new Counter();
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      // 64-bit values do not fit in a JavaScript number.
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX'),
    });
    const [error] = this.#document.errors;
    if (error !== undefined) {
      const place = error.linePos?.[0] ?? { line: 1, col: 1 };
      const message = error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/u, '');
      throw new InputError(`YAML: ${message}`, { file, line: line + place.line - 1, column: place.col });
    }
    let value: unknown;
    try {
      value = this.#document.toJS({ maxAliasCount: 100 });
    } catch (problem) {
      throw new InputError(`YAML: ${(problem as Error).message}`, { file, line });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new InputError('should be fields, a line each: "name: value"', { file, line });
    this.value = value as Readonly<Record<string, unknown>>;
  }

  /** A complaint about a field, with its place. */
  error(path: FieldPath, message: string): InputError {
    const field = formatPath(path);
    return new InputError(message, {
      file: this.file,
      ...this.#placeOf(path),
      ...(field === '' ? {} : { field }),
    });
  }

  #placeOf(path: FieldPath): { line: number; column: number } {
    const node: unknown = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    if (yaml().isNode(node) && (node as Node).range) {
      const { line, col } = this.#lines.linePos((node as Node).range![0]);
      return { line: this.line + line - 1, column: col };
    }
    return path.length === 0 ? { line: this.line, column: 1 } : this.#placeOf(path.slice(0, -1));
  }

  /** @throws {InputError} at a field that is not one of `known` */
  refuseOthers(known: readonly string[]): void {
    for (const name of Object.keys(this.value)) {
      if (known.includes(name)) continue;
      const meant = nearest(name, known);
      const hint = meant === undefined ? `fields are ${known.join(', ')}` : `did you mean ${meant}?`;
      throw this.error([name], `there is no such field; ${hint}`);
    }
  }

  /** A text that must not be empty; numbers count as their digits. */
  text(name: string, fallback?: string): string {
    const value = this.value[name];
    if (value === undefined && fallback !== undefined) return fallback;
    if (value === undefined) throw this.error([], `"${name}" is missing`);
    return this.#scalar([name], value);
  }

  #scalar(path: FieldPath, value: unknown): string {
    if (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) return String(value);
    throw this.error(path, `should be text, found ${JSON.stringify(value)}`);
  }

  /** A whole number from 0 to 100. */
  count(name: string, fallback: number): number {
    const value = this.value[name] ?? fallback;
    if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100) return value as number;
    throw this.error([name], `should be a whole number from 0 to 100, found ${JSON.stringify(value)}`);
  }

  /** One of some words. */
  oneOf<Word extends string>(name: string, words: readonly Word[], fallback?: Word): Word {
    const value = this.text(name, fallback);
    const found = words.find((word) => word === value);
    if (found === undefined) throw this.error([name], `should be ${words.join(', ')}; found ${value}`);
    return found;
  }

  /** A list of texts, or a single one; none when it is left out. */
  texts(name: string): string[] {
    const value = this.value[name];
    if (value === undefined) return [];
    if (!Array.isArray(value)) return [this.#scalar([name], value)];
    return value.map((one, index) => this.#scalar([name, index], one));
  }

  /** A map from names to texts; empty when it is left out. */
  map(name: string): Record<string, string> {
    const value = this.value[name];
    if (value === undefined) return {};
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw this.error([name], `should be a map, "{ name: value }"; found ${JSON.stringify(value)}`);
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, one === '' ? '' : this.#scalar([name, key], one)]),
    );
  }

  /** A list of maps; none when it is left out. */
  maps(name: string): Readonly<Record<string, unknown>>[] {
    const value = this.value[name];
    if (value === undefined) return [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.map((one, index) => {
      if (typeof one === 'object' && one !== null && !Array.isArray(one))
        return one as Record<string, unknown>;
      throw this.error(
        [name, index],
        `should be a map, "{ text: …, cost: 1 }"; found ${JSON.stringify(one)}`,
      );
    });
  }
}
