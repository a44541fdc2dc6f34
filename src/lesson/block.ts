// One YAML block of a lesson: its fields, and where each stands in the Markdown file. What they mean is not known here.

import { nearest } from '../base/did-you-mean.js';
import { InputError } from '../base/errors.js';
import { type FieldPath, formatPath } from '../base/check-form.js';
import { defined } from '../base/defined.js';
import { YamlText } from '../base/yaml.js';

/** A block, read. */
export class Block {
  readonly value: Readonly<Record<string, unknown>>;
  readonly #yaml: YamlText;

  /**
   * @param line of the file that the block's first line is, from 1
   * @throws {InputError} when it is no YAML, or no map
   */
  constructor(
    readonly file: string,
    readonly line: number,
    text: string,
  ) {
    this.#yaml = new YamlText(text);
    const { problem } = this.#yaml;
    if (problem !== undefined) {
      const { message, line: inBlock = 1, column = 1 } = problem;
      throw new InputError(message, { file, line: line + inBlock - 1, column });
    }
    let value: unknown;
    try {
      value = this.#yaml.document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      throw new InputError(`YAML: ${(error as Error).message}`, { file, line });
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new InputError('should be fields, a line each: "name: value"', { file, line });
    this.value = value as Readonly<Record<string, unknown>>;
  }

  /** A complaint about a field, with its place. */
  error(path: FieldPath, message: string): InputError {
    const { line, column } = this.#yaml.placeOf(path);
    return new InputError(message, {
      file: this.file,
      line: this.line + line - 1,
      column,
      ...defined({ field: formatPath(path) || undefined }),
    });
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
