// How a result, or memory, differs from the promised one, in the words of its type: what reports say.

import { type Addr, hex } from '../../base/address.js';
import { byteText } from '../../base/words.js';
import { type Scalar, type Struct, decodeScalar, findField } from '../../kernel/layout.js';
import { recordedStructs } from '../../recording/structs.js';
import { formatText } from '../../scenario/parameters.js';
import type { ReportedComparison, ReportedField } from '../scene/report-facts.js';
import type { ReportScene } from '../scene/report-scene.js';
import { comparedParts, sameBytes } from '../world/effect.js';
import { formatResult, resultTypeOf } from '../world/result-type.js';
import type { ResultDifference } from './promise-kept.js';

/** The type of the checked function's result, as a run of it has it. */
export const typeIn = ({ symbols, subject }: ReportScene) =>
  resultTypeOf(symbols.findSymbol(subject.function)?.prototype, subject.result);

// An address as a person writes it: `NULL`, `&conn`, `&conn+0x8`, or the number.
const pointerText = (scene: ReportScene, address: Addr): string => {
  if (address === 0n) return 'NULL';
  const object = scene.namedObjects.find(
    ({ address: start, size }) => address >= BigInt(start) && address < BigInt(start) + BigInt(size),
  );
  if (object === undefined) return scene.symbols.formatLocation(address);
  const offset = address - BigInt(object.address);
  return `&${object.name}${offset === 0n ? '' : `+${hex(offset)}`}`;
};

/** A number of a type as a person writes it. */
const scalarText = (scene: ReportScene, type: Scalar, value: bigint): string => {
  if (type.kind === 'pointer') return pointerText(scene, value);
  return type.signed || value < 0x1_0000n ? String(value) : `${value} (${hex(value)})`;
};

const scalarIn = (type: Scalar, bytes: Uint8Array, offset: number): bigint =>
  BigInt(decodeScalar(type, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset));

const MOST_FIELDS = 8;
const MOST_BYTES = 32;

const bytesOf = (bytes: Uint8Array): string => {
  const shown = [...bytes.subarray(0, MOST_BYTES)].map(byteText).join('');
  return bytes.length > MOST_BYTES ? `${shown}…` : shown;
};

// The fields of a struct that differ; bytes without a known field by their offset.
const fieldsOf = (
  scene: ReportScene,
  label: string,
  struct: Struct,
  expected: Uint8Array,
  found: Uint8Array,
): ReportedField[] =>
  comparedParts(struct)
    .filter(({ offset, size }) => offset + size <= expected.length)
    .flatMap(({ path, offset, size }) => {
      const [left, right] = [expected, found].map((bytes) => bytes.subarray(offset, offset + size)) as [
        Uint8Array,
        Uint8Array,
      ];
      if (sameBytes(left, right)) return [];
      const type = path === '' ? undefined : findField(struct, path)?.type;
      const [wanted, is] =
        type?.kind === 'integer' || type?.kind === 'pointer'
          ? ([expected, found].map((bytes) => scalarText(scene, type, scalarIn(type, bytes, offset))) as [
              string,
              string,
            ])
          : ([bytesOf(left), bytesOf(right)] as const);
      const field = path === '' ? `${label}+${hex(offset)}` : `${label}.${path}`;
      return [{ field, expected: wanted, found: is }];
    })
    .slice(0, MOST_FIELDS);

const partAt = (expected: Uint8Array, found: Uint8Array): number | null => {
  const length = Math.max(expected.length, found.length);
  let at = 0;
  while (at < length && expected[at] === found[at]) at += 1;
  return at === length ? null : at;
};

const ofTexts = (
  expected: Uint8Array,
  found: Uint8Array | undefined,
  why: ReportedComparison['why'],
): ReportedComparison => ({
  what: 'text',
  of: 'the result',
  expected: formatText(expected),
  found: found === undefined ? null : formatText(found),
  firstDifference: found === undefined ? null : partAt(expected, found),
  why,
  fields: [],
});

const plain = { firstDifference: null, fields: [] } as const;

/** A difference, in words. */
export const comparisonOf = (scene: ReportScene, difference: ResultDifference): ReportedComparison => {
  switch (difference.what) {
    case 'value': {
      const type = typeIn(scene);
      const isPointer = type.kind === 'pointer' || type.kind === 'pointer or ERR_PTR';
      const text = (value: bigint): string => {
        const formatted = formatResult(type, value);
        return isPointer && formatted.startsWith('0x') ? pointerText(scene, value) : formatted;
      };
      const [expected, found] = [text(difference.expected), text(difference.found)];
      return { ...plain, what: 'number', of: 'the result', expected, found, why: 'differs' };
    }
    case 'bool':
      return {
        ...plain,
        what: 'number',
        of: 'the result',
        expected: '0 or 1',
        found: String(difference.found),
        why: 'no bool',
      };
    case 'text':
      return ofTexts(
        difference.expected,
        difference.found,
        difference.found === undefined ? 'not terminated' : 'differs',
      );
    case 'promised text':
      return ofTexts(difference.expected, difference.found, difference.why);
    case 'object': {
      const { object, struct: name, expected, found } = difference;
      const struct = name === null ? undefined : recordedStructs(scene.recording.header).find(name);
      if (struct !== undefined) {
        const fields = fieldsOf(scene, object, struct, expected, found);
        return {
          what: 'fields',
          of: object,
          expected: null,
          found: null,
          firstDifference: null,
          why: 'differs',
          fields,
        };
      }
      return {
        what: 'bytes',
        of: object,
        expected: formatText(expected),
        found: formatText(found),
        firstDifference: partAt(expected, found),
        why: 'differs',
        fields: [],
      };
    }
  }
};

/**
 * A difference as a sentence.
 *
 * @param called the function, without brackets, after what comes before it
 * @param wanted completes "the one that it …"
 */
export const differenceSays = (
  { what, of, why, expected, found, firstDifference, fields }: ReportedComparison,
  called: string,
  wanted: string,
): string => {
  switch (why) {
    case 'no address':
      return `${called}() returns an address without a text.`;
    case 'not its own':
      return `${called}() returns an address that is not one of its own allocations: the caller cannot kfree() it.`;
    case 'not terminated':
      return `${called}() returns a text without a NUL in its allocation: a reader of the C string goes on past its end.`;
    case 'no bool':
      return `${called}() returns ${found} as a bool: a caller may take anything but 0 and 1 for either.`;
    case 'differs':
      break;
  }
  switch (what) {
    case 'text':
      return firstDifference === null
        ? `${called}() returns another text than the one that it ${wanted}.`
        : `${called}() returns a text that differs at byte ${firstDifference} from the one it ${wanted}.`;
    case 'number':
      return `${called}() returns ${found}; it ${wanted} ${expected}.`;
    case 'fields': {
      const [first] = fields;
      const field =
        first === undefined ? of : `${first.field} as ${first.found}, which should be ${first.expected}`;
      return `${called}() leaves ${field}.`;
    }
    case 'bytes':
      return `${called}() leaves other bytes in ${of} than it ${wanted}${firstDifference === null ? '' : `; the first is byte ${firstDifference}`}.`;
  }
};
