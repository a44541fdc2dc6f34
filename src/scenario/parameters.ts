// Parameters of a scenario: read from text, checked against what the scenario allows, shown again.

import { InputError } from '../base/errors.js';
import { byteText, isPrintable } from '../base/words.js';
import type { ParameterSpec } from './form.js';
import type { Scenario } from './scenario.js';

/** A parameter's value. */
export type ParameterValue =
  | { readonly type: 'text'; readonly bytes: Uint8Array }
  | { readonly type: 'int32'; readonly value: number }
  | { readonly type: 'choice'; readonly key: string; readonly value: bigint }
  /** `fill`: bytes repeated over a slab object; absent where the bytes stay as they are. */
  | { readonly type: 'contents'; readonly text: string; readonly fill?: Uint8Array };

/** Values by name. */
export type Parameters = ReadonlyMap<string, ParameterValue>;

const BACKSLASH = 0x5c;

// UTF-8, `\xHH` a byte, `\\` a backslash, no NUL.
const readText = (text: string): Uint8Array | string => {
  const bytes: number[] = [];
  for (const [part] of text.matchAll(/\\x[0-9a-f]{2}|\\\\|\\|[^\\]+/giu)) {
    if (part === '\\') return 'a backslash is written \\\\, a byte \\xHH';
    if (part === '\\\\') bytes.push(BACKSLASH);
    else if (part.startsWith('\\')) bytes.push(Number.parseInt(part.slice(2), 16));
    else bytes.push(...new TextEncoder().encode(part));
  }
  return bytes.includes(0) ? 'a C string holds no byte 00' : Uint8Array.from(bytes);
};

/** The text form of bytes, as `--set` takes it: UTF-8 where it is valid, otherwise `\xHH`. */
export const formatText = (bytes: Uint8Array): string => {
  const escape = (text: string): string =>
    text
      .replaceAll('\\', '\\\\')
      .replaceAll(
        /[\u0000-\u001f\u007f]/gu,
        (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
      );
  try {
    return escape(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return [...bytes]
      .map((byte) => (isPrintable(byte) ? escape(String.fromCharCode(byte)) : `\\x${byteText(byte)}`))
      .join('');
  }
};

const parseText = (spec: ParameterSpec, text: string): ParameterValue | string => {
  const read = readText(text);
  if (typeof read === 'string') return read;
  const lead = spec.lead === undefined ? undefined : new TextEncoder().encode(spec.lead);
  const bytes =
    lead === undefined || read.length === 0 || read[0] === lead[0] ? read : Uint8Array.of(...lead, ...read);
  const { min = 0, max = 4095, limit } = spec;
  if (bytes.length < min) return `has ${bytes.length} bytes, at least ${min} are needed`;
  if (bytes.length > max) {
    return `has ${bytes.length} bytes, at most ${max} are allowed${limit === undefined ? '' : ` (${limit})`}`;
  }
  return { type: 'text', bytes };
};

const parseInt32 = (spec: ParameterSpec, text: string): ParameterValue | string => {
  const { min = -0x8000_0000, max = 0x7fff_ffff } = spec;
  if (/^-?(?:\d+|0x[0-9a-f]+)$/iu.test(text)) {
    const value = text.startsWith('-') ? -Number(text.slice(1)) : Number(text);
    if (value >= min && value <= max) return { type: 'int32', value };
  }
  return `should be a number from ${min} to ${max}, found ${JSON.stringify(text)}`;
};

const parseChoice = (spec: ParameterSpec, text: string): ParameterValue | string => {
  const choices = spec.choices ?? {};
  const key = Object.hasOwn(choices, text) ? text : text.replaceAll('\\\\', '\\');
  if (Object.hasOwn(choices, key)) return { type: 'choice', key, value: BigInt(choices[key]!) };
  return `should be one of ${Object.keys(choices).join(' ')}, found ${JSON.stringify(text)}`;
};

const parseContents = (spec: ParameterSpec, text: string): ParameterValue | string => {
  if (text === 'zero') return { type: 'contents', text, fill: Uint8Array.of(0) };
  const { max } = spec;
  const isHex = /^(?:[0-9a-f]{2})+$/iu.test(text);
  if (isHex && (max === undefined ? text.length === 64 : text.length <= max * 2)) {
    return { type: 'contents', text: text.toLowerCase(), fill: Uint8Array.from(Buffer.from(text, 'hex')) };
  }
  if (text === spec.like || text === String(spec.default)) return { type: 'contents', text };
  const bytes = max === undefined ? '64 hexadecimal digits' : `1 to ${max} bytes in hexadecimal`;
  return `should be ${spec.like ?? spec.default}, zero, or ${bytes}, found ${JSON.stringify(text.slice(0, 80))}`;
};

const PARSERS = { text: parseText, int32: parseInt32, choice: parseChoice, contents: parseContents } as const;

/**
 * The scenario's parameters, with `overrides` in place of defaults.
 *
 * @throws {InputError} when a name is unknown or a value is not allowed; it says which values are
 */
export const readParameters = (
  scenario: Scenario,
  overrides: ReadonlyMap<string, string> = new Map(),
): Parameters => {
  const specs = scenario.spec.parameters ?? {};
  const values = new Map<string, ParameterValue>();
  for (const name of overrides.keys()) {
    if (Object.hasOwn(specs, name)) continue;
    const known = Object.keys(specs);
    throw new InputError(
      known.length === 0
        ? `${scenario.name} has no parameters`
        : `${scenario.name} has no parameter "${name}"; it has ${known.join(', ')}`,
      { field: name },
    );
  }
  for (const [name, spec] of Object.entries(specs)) {
    const override = overrides.get(name);
    const value = PARSERS[spec.type](spec, override ?? String(spec.default));
    if (typeof value !== 'string') values.set(name, value);
    else if (override === undefined) scenario.fail(['parameters', name, 'default'], value);
    else throw new InputError(value, { field: name });
  }
  return values;
};

/**
 * Split `name=value` arguments.
 *
 * @throws {InputError} without a `=`, or when a name is given twice
 */
export const splitOverrides = (settings: readonly string[]): Map<string, string> => {
  const overrides = new Map<string, string>();
  for (const setting of settings) {
    const at = setting.indexOf('=');
    if (at < 1)
      throw new InputError(`should be name=value, found ${JSON.stringify(setting)}`, { field: '--set' });
    const name = setting.slice(0, at);
    if (overrides.has(name)) throw new InputError('is set twice', { field: name });
    overrides.set(name, setting.slice(at + 1));
  }
  return overrides;
};

/** Parameters as JSON shows them. */
export const formatParameters = (parameters: Parameters): Record<string, string | number> =>
  Object.fromEntries(
    [...parameters].map(([name, value]) => {
      switch (value.type) {
        case 'text':
          return [name, formatText(value.bytes)];
        case 'int32':
          return [name, value.value];
        case 'choice':
          return [name, value.key];
        case 'contents':
          return [name, value.text];
      }
    }),
  );

/** A parameter as a number, for a field or argument; `undefined` for bytes. */
export const numberOf = (value: ParameterValue): bigint | undefined => {
  if (value.type === 'int32') return BigInt(value.value);
  return value.type === 'choice' ? value.value : undefined;
};
