// A request of the live page: parameters, and optionally a length of path. Read strictly; runs nothing.

import { InputError } from '../base/errors.js';

/** A wish of the page. */
export interface LiveRequest {
  /** Values as `--set` takes them. */
  readonly set: ReadonlyMap<string, string>;
  /** Bytes of path: the texts of `set` are cut or stretched to it. */
  readonly length: number | undefined;
}

const MAX_PARAMETERS = 64;

// JSON can name one of the two that UTF-16 writes a character with.
const HALF = /\p{Surrogate}/u;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Read a request's body: `{ "set": { "prepath": "/team" }, "length": 8 }`, both optional.
 *
 * @throws {InputError} when it is anything else
 */
export const readLiveRequest = (text: string): LiveRequest => {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new InputError('is not JSON', { field: 'request' });
  }
  if (!isRecord(body)) throw new InputError('should be an object with "set"', { field: 'request' });
  const unknown = Object.keys(body).find((key) => key !== 'set' && key !== 'length');
  if (unknown !== undefined)
    throw new InputError(`has "set" and "length", found ${JSON.stringify(unknown.slice(0, 40))}`, {
      field: 'request',
    });
  const { set = {}, length } = body;
  if (!isRecord(set) || Object.keys(set).length > MAX_PARAMETERS)
    throw new InputError('should be an object of texts', { field: 'set' });
  const values = Object.entries(set).map(([name, value]): [string, string] => {
    if (typeof value !== 'string')
      throw new InputError('should be a text', { field: `set.${name.slice(0, 40)}` });
    if (HALF.test(value) || HALF.test(name))
      throw new InputError('has half a character, which no bytes stand for', { field: 'set' });
    return [name, value];
  });
  if (
    length !== undefined &&
    (typeof length !== 'number' || !Number.isInteger(length) || length < 1 || length > 1100)
  )
    throw new InputError('should be a number of bytes from 1 to 1100', { field: 'length' });
  return { set: new Map(values), length: typeof length === 'number' ? length : undefined };
};
