// Values of a parameter at which something often changes: they are tried besides drawn ones.

import { NULL_VALUE, type ParameterValue, besideOf, choiceOf } from '../../scenario/parameters.js';
import type { ParameterSpec } from '../../scenario/form.js';

const text = (bytes: Uint8Array): ParameterValue => ({ type: 'text', bytes });

const LETTER = 0x61;

const ofText = ({ min = 0, max = 4095, lead, null: canBeNull }: ParameterSpec): ParameterValue[] => {
  const long = (length: number): ParameterValue => {
    const bytes = new Uint8Array(length).fill(LETTER);
    if (lead !== undefined && length > 0) bytes[0] = lead.charCodeAt(0);
    return text(bytes);
  };
  return [
    ...(min === 0 ? [text(new Uint8Array(0))] : []),
    ...(canBeNull === true ? [NULL_VALUE] : []),
    long(Math.max(1, min)),
    long(max),
  ];
};

const ofNumber = ({
  min = -0x8000_0000,
  max = 0x7fff_ffff,
  default: usual,
}: ParameterSpec): ParameterValue[] =>
  [...new Set([Number(usual), 0, 1, -1, min, max])]
    .filter((value) => value >= min && value <= max)
    .map((value) => ({ type: 'int32', value }));

const ofChoice = (spec: ParameterSpec): ParameterValue[] => {
  const free = besideOf(spec);
  return Object.keys(spec.choices ?? {}).flatMap((key) => [
    choiceOf(spec, key, 0n),
    ...(free === 0n ? [] : [choiceOf(spec, key, free)]),
  ]);
};

const contents = (byte: number, size: number): ParameterValue => {
  const fill = new Uint8Array(size).fill(byte);
  return { type: 'contents', text: Buffer.from(fill).toString('hex'), fill };
};

const ofContents = ({ max = 32 }: ParameterSpec): ParameterValue[] => [
  { type: 'contents', text: 'zero', fill: Uint8Array.of(0) },
  contents(0xff, max),
];

/** A few such values of a parameter. */
export const cornersOf = (spec: ParameterSpec): readonly ParameterValue[] => {
  switch (spec.type) {
    case 'text':
      return ofText(spec);
    case 'int32':
      return ofNumber(spec);
    case 'choice':
      return ofChoice(spec);
    case 'contents':
      return ofContents(spec);
  }
};
