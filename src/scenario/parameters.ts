// Parameters of a scenario: read from text, checked against what the scenario allows, shown again.

import { hex } from '../base/address.js';
import { InputError } from '../base/errors.js';
import { replaceInvisible } from '../base/visible-text.js';
import { byteText, isPrintable } from '../base/words.js';
import { append } from '../base/long-lists.js';
import type { ParameterSpec } from './form.js';
import type { Scenario } from './scenario.js';

/** A parameter's value. */
export type ParameterValue =
  /** `isNull` for the NULL of a parameter with `null`. Without `null` an empty text is NULL, too. */
  | { readonly type: 'text'; readonly bytes: Uint8Array; readonly isNull?: true }
  | { readonly type: 'int32'; readonly value: number }
  /** `value` has the bits besides the choice in it too; `beside` is those alone, where there are any. */
  | { readonly type: 'choice'; readonly key: string; readonly value: bigint; readonly beside?: bigint }
  /** `fill`: bytes repeated over a slab object; absent where the bytes stay as they are. */
  | { readonly type: 'contents'; readonly text: string; readonly fill?: Uint8Array };

/** Values by name. */
export type Parameters = ReadonlyMap<string, ParameterValue>;

const BACKSLASH = 0x5c;

/** The bytes of a text: UTF-8, `\xHH` a byte, `\\` a backslash, no NUL; or what is wrong with it. */
export const readTextBytes = (text: string): Uint8Array | string => {
  const bytes: number[] = [];
  for (const [part] of text.matchAll(/\\x[0-9a-f]{2}|\\\\|\\|[^\\]+/giu)) {
    if (part === '\\') return 'a backslash is written \\\\, a byte \\xHH';
    if (part === '\\\\') bytes.push(BACKSLASH);
    else if (part.startsWith('\\')) bytes.push(Number.parseInt(part.slice(2), 16));
    else append(bytes, new TextEncoder().encode(part));
  }
  return bytes.includes(0) ? 'a C string holds no byte 00' : Uint8Array.from(bytes);
};

/** The text form of bytes, as `--set` takes it: UTF-8 where it is valid and can be seen, otherwise `\xHH`. */
export const formatText = (bytes: Uint8Array): string => {
  const escape = (text: string): string =>
    replaceInvisible(text.replaceAll('\\', '\\\\'), (char) =>
      Array.from(new TextEncoder().encode(char), (byte) => `\\x${byteText(byte)}`).join(''),
    );
  try {
    return escape(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return [...bytes]
      .map((byte) => (isPrintable(byte) ? escape(String.fromCharCode(byte)) : `\\x${byteText(byte)}`))
      .join('');
  }
};

/** How a NULL pointer is written where a text may be one. */
const NULL_TEXT = '\\N';

/** A text parameter that is NULL. */
export const NULL_VALUE: ParameterValue = { type: 'text', bytes: new Uint8Array(0), isNull: true };

const parseText = (spec: ParameterSpec, text: string): ParameterValue | string => {
  if (text === NULL_TEXT && spec.null === true) return NULL_VALUE;
  const read = readTextBytes(text);
  if (typeof read === 'string') return read;
  const lead = spec.lead === undefined ? undefined : new TextEncoder().encode(spec.lead);
  const bytes =
    lead === undefined || read.length === 0 || read[0] === lead[0]
      ? read
      : Uint8Array.from([...lead, ...read]);
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

/** A choice with bits besides it; without them where there are none. */
export const choiceOf = (spec: ParameterSpec, key: string, beside: bigint): ParameterValue => {
  const value = BigInt(spec.choices![key]!);
  return beside === 0n
    ? { type: 'choice', key, value }
    : { type: 'choice', key, value: value | beside, beside };
};

/** The bits besides its choices that a choice parameter may hold: none of those that a choice has. */
export const besideOf = ({ beside = 0, choices = {} }: ParameterSpec): bigint =>
  Object.values(choices).reduce<bigint>((bits, choice) => bits & ~BigInt(choice), BigInt(beside));

const parseChoice = (spec: ParameterSpec, text: string): ParameterValue | string => {
  const choices = spec.choices ?? {};
  const plain = (name: string): string =>
    Object.hasOwn(choices, name) ? name : name.replaceAll('\\\\', '\\');
  if (Object.hasOwn(choices, plain(text))) return choiceOf(spec, plain(text), 0n);
  const [, name = '', bits] = /^(.*)\+(0x[0-9a-f]{1,16})$/iu.exec(text) ?? [];
  if (bits !== undefined && Object.hasOwn(choices, plain(name))) {
    const free = besideOf(spec);
    if ((BigInt(bits) & ~free) === 0n) return choiceOf(spec, plain(name), BigInt(bits));
    return `has bits besides ${plain(name)} that it may not have; those of ${hex(free)} are free`;
  }
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
          return [name, value.isNull === true ? NULL_TEXT : formatText(value.bytes)];
        case 'int32':
          return [name, value.value];
        case 'choice':
          return [name, value.beside === undefined ? value.key : `${value.key}+${hex(value.beside)}`];
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
