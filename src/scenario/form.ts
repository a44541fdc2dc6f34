// The form of a scenario, and the types of its parts.

import {
  type Form,
  type TypeOf,
  constant,
  count,
  either,
  flag,
  integer,
  list,
  map,
  matching,
  named,
  oneFieldOf,
  ofAny,
  oneOf,
  optional,
  prose,
  record,
  says,
  someProse,
  someText,
  text,
  titled,
} from '../base/form.js';
import { statedFactsOf } from '../oops/given.js';
import { patchOf, requiredOf } from './patch.js';

/** What a scenario file starts with. */
export const SCENARIO_FORMAT = 'oopslab scenario 1';

/** Most bytes of a text or of contents. */
export const MAX_TEXT = 4095;

/** Most bytes of memory that one entry of a scenario maps. */
export const MAX_GIVEN_MEMORY = 16 << 20;

/** Most instructions that a scenario may allow one run of the engine. */
export const MAX_BUDGET = 10_000_000;

/** Kinds of bugs that a scenario can show; the words are those of the classes of kernel reports. */
const CAUSE_KINDS = [
  'out-of-bounds',
  'use-after-free',
  'double-free',
  'list-corruption',
  'refcount',
  'uninitialised',
  'null-dereference',
  'type-confusion',
] as const;

const address = named(
  'address',
  says(
    'A guest address: 0x and up to 16 hexadecimal digits.',
    either(matching(/^0x[0-9a-fA-F]{1,16}$/u), integer()),
  ),
);

const place = named(
  'place',
  says('A guest address, or symbol, or symbol+offset.', either(someText, integer())),
);

const value = named(
  'value',
  says(
    'A number, 0x…, &object, &object.field, &symbol, symbol+offset, cache(NAME), cache(NAME).field, $parameter, or self (an empty list).',
    either(text(), integer()),
  ),
);

/** A number, or an expression that the world resolves. */
export type Value = TypeOf<typeof value>;

const fields = named('fields', says('Field path to value.', map(value)));

// A list fills an array, a map the fields of a struct: three deep here, and paths go on.
const nested = [1, 2, 3].reduce<Form<unknown>>((inner) => either(value, list(inner), map(inner)), value);

const setFields = named(
  'setFields',
  says(
    'Field path to value; a list fills an array, a map the fields of a struct in it.',
    map(nested) as Form<Readonly<Record<string, Value>>>,
  ),
);
const frame = named('frame', either(matching(/^0x[0-9a-fA-F]{1,10}$/u), count));
const source = named('source', says('Where it comes from: a slide of the talk, or invented.', someProse));
const character = ofAny(text({ minLength: 1, maxLength: 1 }));

export const parameter = record({
  type: oneOf(['text', 'choice', 'contents', 'int32']),
  default: either(ofAny(text()), integer()),
  min: optional(says('Least bytes of a text, or the least int32.', integer(-0x8000_0000, 0x7fff_ffff))),
  max: optional(says('Most bytes of a text or of contents, or the greatest int32.', integer(0, MAX_TEXT))),
  like: optional(
    says(
      'The word for contents that stay as the steps leave them; the default without it.',
      matching(/^[a-z][a-z0-9_]*$/u),
    ),
  ),
  limit: optional(says('Where the maximum comes from.', prose)),
  lead: optional(says('Added in front of a text that has none.', character)),
  null: optional(
    says(
      'Whether a text may be NULL, which is written \\\\N; an empty one is "" then, otherwise it is NULL.',
      flag,
    ),
  ),
  choices: optional(map(address, { minProperties: 1 })),
  beside: optional(
    says('Bits of a choice that may hold anything besides: yes+0x41 is yes and the bits 0x41.', address),
  ),
  help: optional(prose),
});

/** A parameter as a scenario declares it. */
export type ParameterSpec = TypeOf<typeof parameter>;

const cache = record({
  frames: says('Page frames that it may take.', list(frame)),
  colours: optional(map(count)),
  objectSize: optional(integer(8, 4096)),
  align: optional(integer(8, 4096)),
});

/** A cache of the world. */
export type CacheSpec = TypeOf<typeof cache>;

const object = record({
  struct: optional(text()),
  size: optional(integer(1, 4096)),
  at: address,
  cache: optional(text()),
  header: optional(says('Bytes of the slab object before the struct.', integer(0, 256))),
  source,
  set: optional(setFields),
});

/** An object of the world. */
export type ObjectSpec = TypeOf<typeof object>;

const world = record({
  cpu: optional(integer(0, 7)),
  gs: optional(says("Base of the CPU's per-CPU area.", address)),
  current: optional(says('The task that runs at first.', value)),
  caches: optional(map(cache)),
  memory: optional(list(record({ name: text(), at: address, size: integer(1, MAX_GIVEN_MEMORY), source }))),
  objects: optional(map(object)),
  history: optional(
    says(
      "What happened before the first step, in order: a free fills the CPU's array cache; fill allocates the rest of a page frame, and a rule for allocations may hand those objects out.",
      list(oneFieldOf({ free: optional(text()), fill: optional(record({ cache: text(), frame })) })),
    ),
  ),
  words: optional(list(record({ at: place, value, source }))),
});

const allocation = named(
  'allocation',
  record({
    as: someText,
    struct: optional(text()),
    size: optional(integer(1, 4096)),
    text: optional(text()),
    slab: optional(
      says(
        'A name for the struct slab of the slab that the object lies in, where it is an object of another cache.',
        someText,
      ),
    ),
    set: optional(setFields),
  }),
);

/** An allocation that a step makes. */
export type AllocationSpec = TypeOf<typeof allocation>;

const contents = {
  with: says('A contents parameter, as $name.', text()),
  like: says('The object whose bytes it means where it keeps its default.', text()),
};

/** Bytes that a contents parameter gives, or those of an object where it keeps its default. */
export type ContentsSpec = { readonly [Name in keyof typeof contents]: string };

const allocations = record({
  position: says('A choice parameter, as $name: first, middle, last, alone or management.', text()),
  behind: says('A choice parameter, as $name: allocated or free.', text()),
  previous: record(contents),
  neighbour: record({
    ...contents,
    as: says(
      'A name for the object after the first slot where it is a live copy of like, otherwise for like itself.',
      someText,
    ),
  }),
  fail: optional(says('Which allocation gets NULL, counted from 1; 0 for none.', text())),
  management: optional(says("The object right below another cache's struct slab.", text())),
});

/** What the allocations of the step's call meet. */
export type AllocationsSpec = TypeOf<typeof allocations>;

const stale = record({
  texts: list(text(), { minItems: 1 }),
  needs: optional(
    says('The text without which the others are left out, too: an empty text is allocated then.', text()),
  ),
  with: text(),
});

/** The earlier contents of the slot that an allocation will get. */
export type StaleSpec = TypeOf<typeof stale>;

const operation = oneFieldOf({
  kmalloc: optional(allocation),
  kzalloc: optional(allocation),
  free: optional(someText),
  set: optional(setFields),
  add: optional(map(integer())),
  stale: optional(
    says(
      'Write what lay in the slot before, into the slot that the next allocation for these texts gets.',
      stale,
    ),
  ),
  allocations: optional(says("What the allocations of this step's call meet.", allocations)),
});

/** Something that the sandbox does in a step; exactly one of these. */
export type OperationSpec = TypeOf<typeof operation>;

const call = record({
  function: someText,
  arguments: optional(list(value, { maxItems: 6 })),
  current: optional(value),
  rsp: optional(
    says(
      'RSP before the return address is pushed; the top of the stack of the default world without it.',
      address,
    ),
  ),
  returnTo: optional(says('The return address; the entry of system calls in the default world.', place)),
  registers: optional(map(value)),
  stack: optional(
    says(
      'A contents parameter, as $name: what lies where nobody wrote. The stack below RSP, registers that are no arguments, flags of arithmetic, vector registers, bytes after a NUL, and heap bytes that were never written.',
      text(),
    ),
  ),
  as: optional(says('A name for the object that it returns.', text())),
});

/** A call into the guest. */
export type CallSpec = TypeOf<typeof call> & { readonly rsp: Value; readonly returnTo: Value };

const step = record({
  says: optional(says('What happens, for a reader who does not know the case.', prose)),
  do: optional(list(operation)),
  call: optional(either(says('A call as C writes it: entry = add_entry(&table, 7).', someText), call)),
});

/** A step: what the sandbox does, then what the guest runs. */
export type StepSpec = Omit<TypeOf<typeof step>, 'call'> & { readonly call?: CallSpec };

const promise = record({
  text: optional(
    says(
      'A C string in an allocation of its own.',
      record({
        parts: list(
          record({
            of: says('A text parameter, as $name.', text()),
            when: optional(
              says('Values of choice parameters that it takes for the part to be there.', map(text())),
            ),
          }),
          { minItems: 1 },
        ),
        emptyWithout: optional(says('Text parameters without which the whole is empty.', list(text()))),
        replace: optional(
          says(
            'By the key of a choice parameter: which byte becomes which.',
            record({ by: text(), choices: map(record({ from: character, to: character })) }),
          ),
        ),
      }),
    ),
  ),
  like: optional(
    says('What these variants return, and leave in the objects that the call may write.', map(text())),
  ),
});

const outcomeWord = oneOf(['always', 'on success', 'on failure']);

const bounds = record({ min: optional(value), max: optional(value) });

const invariant = named(
  'invariant',
  record({
    when: optional(says('Always, without a word.', outcomeWord)),
    list: optional(
      says(
        'A doubly linked list is intact and has these members: objects, or fields of them that are its struct list_head.',
        record({
          head: someText,
          members: optional(list(someText)),
          ordered: optional(says('Whether the members must come in that order.', flag)),
        }),
      ),
    ),
    fields: optional(
      says('Fields have these values, or lie in these bounds.', map(either(text(), integer(), bounds))),
    ),
    unlocked: optional(says('Spin locks that are free.', list(someText))),
  }),
);

/** What must be so after the checked call, and after each later step. */
export type InvariantSpec = TypeOf<typeof invariant>;

const check = record({
  function: says('The function that a candidate takes the place of.', someText),
  step: says('The step whose call is watched.', someText),
  reads: optional(says('Objects that the call may read.', list(text()))),
  writes: optional(says('Objects that it may change.', list(text()))),
  again: optional(says('A later step that makes the same call: it must give the same.', text())),
  fail: optional(says('The parameter that says which allocation fails, counted from 1.', text())),
  promise: optional(says('What the call promises to return.', promise)),
  result: optional(
    says(
      'What the result is, where the prototype does not say all: an int that is 0 or a negative errno, or a pointer that can be an ERR_PTR().',
      oneOf(['void', 'int', 'bool', 'errno', 'pointer', 'pointer or ERR_PTR']),
    ),
  ),
  frees: optional(
    says(
      'When the call frees an object that it did not allocate; never for those that are not named.',
      map(oneOf(['never', 'always', 'on success', 'on failure', 'maybe'])),
    ),
  ),
  atomic: optional(says('Whether the call must not sleep: an allocation that may is wrong then.', flag)),
  invariants: optional(says('What must be so after the call, and after each later step.', list(invariant))),
});

/** What is checked about one call. */
export type CheckSpec = TypeOf<typeof check>;

const sweep = record({
  short: optional(
    says(
      'For paths with fewer bytes than texts: fields that are set first, and the texts that the path is then made of.',
      record({ set: fields, texts: list(text(), { minItems: 1 }) }),
    ),
  ),
});

const expect = record({
  outcome: optional(
    record({
      kind: oneOf(['returned', 'bug', 'fault', 'budget']),
      at: optional(text()),
      file: optional(text()),
      line: optional(integer()),
      value: optional(value),
      access: optional(oneOf(['read', 'write', 'fetch', 'execute'])),
      address: optional(value),
    }),
  ),
  registers: optional(fields),
  objects: optional(map(address)),
  fields: optional(fields),
});

/** A scenario, merged with what it extends. */
export const scenarioForm = titled(
  'oopslab scenario',
  says(
    'A claim, a world (everything that existed before the first step), steps, and what must be seen.',
    record({
      format: says('Format and version of this file.', constant(SCENARIO_FORMAT)),
      name: says('Lower case, digits, dots, dashes.', matching(/^[a-z0-9][a-z0-9.-]*$/u)),
      extends: optional(
        says(
          "A shipped scenario's name, or a file beside this one. Maps are merged, other values replaced, null removes.",
          someText,
        ),
      ),
      title: someText,
      claim: optional(prose),
      control: optional(
        says(
          'The same scenario without the cause, which ends well: a name, or a file beside this one. why compares with it.',
          someText,
        ),
      ),
      cause: optional(
        says(
          'What is wrong in it: the kind of bug, and the public analysis that it is modelled on.',
          record({ kind: oneOf(CAUSE_KINDS), source: optional(someText) }),
        ),
      ),
      release: says('Which folder of snippets/ the machine code comes from.', someText),
      variants: optional(
        says('Function name to the variant of its snippet that this scenario runs.', map(text())),
      ),
      structs: optional(
        says('A header in C beside this file, whose structs objects and fields may have.', someText),
      ),
      budget: optional(says('Instructions per run of the engine.', integer(1, MAX_BUDGET))),
      parameters: optional(map(parameter)),
      world,
      steps: says(
        'Steps by name, in order. A text is a call.',
        map(either(says('A call as C writes it: entry = add_entry(&table, 7).', someText), step)),
      ),
      given: optional(
        says(
          'Facts that an oops prints as they are stated here, not read from the machine.',
          statedFactsOf(either(text(), integer(), flag, list(text()))),
        ),
      ),
      check: optional(says('What is checked about one call, whatever the parameters are.', check)),
      sweep: optional(says('What chart sweep does, where the operation stale does not say it.', sweep)),
      expect,
    }),
  ),
);

/** What a scenario says. */
export type ScenarioSpec = Omit<TypeOf<typeof scenarioForm>, 'format' | 'extends' | 'steps'> & {
  readonly steps: Readonly<Record<string, StepSpec>>;
};

/** One file: with `extends` it says what differs, otherwise everything. */
export const scenarioFileForm = patchOf(scenarioForm, ['format', 'name', 'extends']);

const whole = requiredOf(scenarioForm);

/** The condition that editors check besides: a file without `extends` says everything but its world, which can be the default one. */
export const unlessItExtends = {
  if: { required: ['extends'] },
  else: { ...whole, required: whole.required?.filter((name) => name !== 'world') ?? [] },
};
