// Forms: the types that they infer, the messages of their checker, and its agreement with an independent validator.
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { findProblem, formatPath, isOf } from '../../src/base/check-form.js';
import {
  MAX_NAME,
  MAX_PROSE,
  constant,
  count,
  either,
  flag,
  integer,
  list,
  map,
  matching,
  named,
  number,
  ofAny,
  oneFieldOf,
  oneOf,
  openRecord,
  optional,
  orNull,
  prose,
  record,
  says,
  someText,
  text,
  type Schema,
  type TypeOf,
} from '../../src/base/form.js';
import { schemaDocument } from '../../src/base/schema-file.js';

const address = named('address', matching(/^0x[0-9a-f]{1,16}$/u));
const form = record({
  name: someText,
  letter: optional(text({ minLength: 1, maxLength: 1 })),
  at: either(address, integer()),
  kind: orNull(oneOf(['one', 'two'])),
  colours: optional(map(integer(0, 7), { propertyNames: matching(/^[a-z]+$/u) })),
  list: list(count, { maxItems: 3, uniqueItems: true }),
  step: optional(oneFieldOf({ free: optional(text()), add: optional(number) })),
  event: either(
    record({ kind: constant('free'), address }),
    record({ kind: constant('stub'), result: orNull(says('a value', address)), done: flag }),
  ),
  more: openRecord({ size: count }),
});
const right: TypeOf<typeof form> = {
  name: 'x',
  letter: 'é',
  at: '0x1f',
  kind: null,
  colours: { red: 3 },
  list: [1, 2],
  step: { free: 'a' },
  event: { kind: 'stub', result: null, done: true },
  more: { size: 1, other: [] } as { size: number },
};

const complaint = (change: object): string => {
  const problem = findProblem(form, { ...right, ...change });
  return problem === undefined ? 'none' : `${formatPath(problem.path)}: ${problem.message}`;
};

describe('a form', () => {
  it('infers the type of its values', () => {
    expectTypeOf<TypeOf<typeof form>['kind']>().toEqualTypeOf<'one' | 'two' | null>();
    expectTypeOf<TypeOf<typeof form>['at']>().toEqualTypeOf<string | number>();
    expectTypeOf<Pick<TypeOf<typeof form>, 'letter'>>().toEqualTypeOf<{ readonly letter?: string }>();
    expectTypeOf<TypeOf<typeof form>['list']>().toEqualTypeOf<readonly number[]>();
    expectTypeOf<Extract<TypeOf<typeof form>['event'], { kind: 'free' }>>().toEqualTypeOf<{
      readonly kind: 'free';
      readonly address: string;
    }>();
  });

  it('bounds each text and each name in characters, whether or not it says so', () => {
    const long = (size: number): string => '\u{1f4be}'.repeat(size);
    const lines = record({ short: text({ maxLength: 2 }), prose, any: ofAny(text()), names: map(text()) });
    const found = (change: object): string | undefined => {
      const problem = findProblem(lines, { short: '', prose: '', any: '', names: {}, ...change });
      return problem && `${formatPath(problem.path)}: ${problem.message}`;
    };
    expect(found({ prose: long(MAX_PROSE), any: long(MAX_PROSE), names: { [`${'a'.repeat(MAX_NAME)}`]: long(MAX_NAME) } })).toBeUndefined();
    expect(found({ prose: long(MAX_PROSE + 1) })).toBe('prose: should have at most 65536 characters, found 65537');
    expect(found({ any: long(MAX_PROSE + 1) })).toBe('any: should have at most 65536 characters, found 65537');
    expect(found({ names: { a: long(MAX_NAME + 1) } })).toBe('names.a: should have at most 4096 characters, found 4097');
    expect(found({ names: { ['a'.repeat(5000)]: '' } })).toBe('names: should have names of at most 4096 characters, found one of 5000');
    expect(found({ ['a'.repeat(5000)]: '' })).toBe(': should have names of at most 4096 characters, found one of 5000');
    expect(found({ short: 'abc' })).toMatch(/^short: should be text of 0 to 2 characters/u);
  }); // prettier-ignore

  it('stands once in a schema if it is named, and two forms of one name are refused', () => {
    expect(schemaDocument('x.schema.json', { form })).toMatchObject({
      properties: { at: { anyOf: [{ $ref: '#/$defs/address' }, { type: 'integer' }] } },
      $defs: { address: { type: 'string' } },
    });
    const twice = record({ a: address, b: named('address', text()) });
    expect(() => schemaDocument('x.schema.json', { form: twice })).toThrow('two forms are named address');
  });

  it.each<[string, object, string]>([
    ['nothing wrong', {}, 'none'],
    ['a slip in a name', { colour: {} }, 'colour: unknown field "colour"; did you mean "colours"?'],
    ['an unknown name', { zzz: 1 }, 'zzz: unknown field "zzz"; known here: name, letter, at, kind, colours, list, step, event, more'],
    ['a missing field', { more: {} }, 'more: the field "size" is missing'],
    ['a type', { list: 'x' }, 'list: should be a list, found "x"'],
    ['two types', { at: true }, 'at: should be text that matches ^0x[0-9a-f]{1,16}$ or a whole number, found true'],
    ['a pattern', { at: 'x' }, 'at: should be text that matches ^0x[0-9a-f]{1,16}$, found "x"'],
    ['an empty text', { name: '' }, 'name: should be text that is not empty, found ""'],
    ['a length', { letter: 'ab' }, 'letter: should be text of 1 character, found "ab"'],
    ['a word', { kind: 'three' }, 'kind: should be one of "one", "two", null, found "three"'],
    ['a range', { colours: { red: 8 } }, 'colours.red: should be a whole number from 0 to 7, found 8'],
    ['a fraction', { list: [1.5] }, 'list[0]: should be a whole number, at least 0, found 1.5'],
    ['a name in a map', { colours: { Red: 1 } }, 'colours.Red: its name should be text that matches ^[a-z]+$, found "Red"'],
    ['a size', { list: [1, 2, 3, 4] }, 'list: should have at most 3 in the list, found 4'],
    ['twice', { list: [1, 1] }, 'list[1]: 1 is there twice'],
    ['two of one', { step: { free: 'a', add: 1 } }, 'step: should have exactly 1 of free, add, found 2'],
    ['a kind', { event: { kind: 'call' } }, 'event.kind: should be one of "free", "stub", found "call"'],
    ['no kind', { event: {} }, 'event: the field "kind" is missing'],
    ['within a kind', { event: { kind: 'free', address: 1 } }, 'event.address: should be text that matches ^0x[0-9a-f]{1,16}$, found 1'],
    ['no number, in an unknown name', { zzz: NaN }, 'zzz: unknown field "zzz"; known here: name, letter, at, kind, colours, list, step, event, more'],
    ['no number, in a map', { colours: { red: NaN } }, 'colours.red: should be a whole number from 0 to 7, found NaN'],
    ['no end', { list: [Infinity] }, 'list[0]: should be a whole number, at least 0, found Infinity'],
    ['a name that every object has', { constructor: 1 }, 'constructor: unknown field "constructor"; known here: name, letter, at, kind, colours, list, step, event, more'],
    ['a map', { name: { a: 1 } }, 'name: should be text that is not empty, found a map'],
  ])('says what is wrong and what would be right: %s', (_name, change, expected) => {
    expect(complaint(change)).toBe(expected);
  }); // prettier-ignore

  it('agrees with an independent validator about any document', () => {
    const valid = new Ajv2020({ strict: false }).compile(schemaDocument('x.schema.json', { form }));
    const odd = fc.oneof(
      fc.constantFrom<unknown>(
        undefined,
        null,
        true,
        -1,
        0,
        3,
        1.5,
        1e20,
        '',
        'é',
        'one',
        '0x1',
        '0xg',
        'free',
      ),
      fc.constantFrom<unknown>(
        [],
        [1, 1],
        [1, 2, 3, 4],
        {},
        { a: 1 },
        { A: 1 },
        { kind: 'free', address: '0x0' },
      ),
    );
    const paths = Object.keys(right).flatMap((name) => [[name], [name, 'kind'], [name, 'free'], [name, 'x']]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...paths, ['zzz']), odd), { maxLength: 3 }),
        (changes) => {
          const document = JSON.parse(JSON.stringify(right)) as Record<string, unknown>;
          for (const [[name, inner], value] of changes) {
            const part = document[name!];
            const isInner = inner !== undefined && typeof part === 'object' && part !== null;
            const [parent, key] = isInner ? [part as Record<string, unknown>, inner] : [document, name!];
            if (value === undefined) delete parent[key];
            else parent[key] = structuredClone(value);
          }
          const plain: unknown = JSON.parse(JSON.stringify(document));
          expect(isOf(form as Schema, plain)).toBe(valid(plain));
        },
      ),
      { numRuns: 2000, seed: 11 },
    );
  });
});
