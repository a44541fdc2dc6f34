// One YAML block of a lesson: its fields, and where each stands in the Markdown file. What they mean is not known here.

import type { Form } from '../base/form.js';
import { InputError } from '../base/errors.js';
import { type FieldPath, findProblem, formatPath } from '../base/check-form.js';
import { defined } from '../base/defined.js';
import { YamlText } from '../base/yaml.js';

export class Block {
  readonly #value: unknown;
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
    const value = this.#yaml.value();
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new InputError('should be fields, a line each: "name: value"', { file, line });
    this.#value = value;
  }

  /** A complaint about a field, with its place. */
  error(path: FieldPath, message: string): InputError {
    const { line = 1, column = 1 } = this.#yaml.placeOf(path) ?? {};
    return new InputError(message, {
      file: this.file,
      line: this.line + line - 1,
      column,
      ...defined({ field: formatPath(path) || undefined }),
    });
  }

  /** Its fields, of a form. @throws {InputError} with the place of the first thing that is wrong */
  read<T>(form: Form<T>): T {
    const problem = findProblem(form, this.#value);
    if (problem !== undefined) throw this.error(problem.path, problem.message);
    return this.#value as T;
  }
}
