// A request of the live page: parameters, and optionally a length of path. Read strictly; runs nothing.

import { findProblem, formatPath } from '../base/check-form.js';
import { type TypeOf, integer, map, ofAny, optional, record, text } from '../base/form.js';
import { InputError } from '../base/errors.js';
import { findRepeatedKey } from '../base/json.js';

/** A wish of the page. */
export interface LiveRequest {
  /** Values as `--set` takes them. */
  readonly set: ReadonlyMap<string, string>;
  /** Bytes of path: the texts of `set` are cut or stretched to it. */
  readonly length: number | undefined;
}

export const MAX_PARAMETERS = 64;
export const MAX_LENGTH = 1100; // bytes

// JSON can name one of the two that UTF-16 writes a character with.
const HALF = /\p{Surrogate}/u;

const requestForm = record({
  set: optional(map(ofAny(text()), { maxProperties: MAX_PARAMETERS })),
  length: optional(integer(1, MAX_LENGTH)),
});

/**
 * Read a request's body: `{ "set": { "prepath": "/team" }, "length": 8 }`, both optional.
 *
 * @throws {InputError} when it is anything else
 */
export const readLiveRequest = (json: string): LiveRequest => {
  let body: unknown;
  try {
    body = JSON.parse(json);
  } catch {
    throw new InputError('is not JSON', { field: 'request' });
  }
  const repeated = findRepeatedKey(json);
  if (repeated !== undefined) throw new InputError(repeated.message, { field: 'request' });
  const problem = findProblem(requestForm, body);
  if (problem !== undefined) {
    const field = formatPath(problem.path).slice(0, 60) || 'request';
    throw new InputError(problem.message, { field });
  }
  const { set = {}, length } = body as TypeOf<typeof requestForm>;
  if (
    Object.entries(set)
      .flat()
      .some((one) => HALF.test(one))
  )
    throw new InputError('has half a character, which no bytes stand for', { field: 'set' });
  return { set: new Map(Object.entries(set)), length };
};
