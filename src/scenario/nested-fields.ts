// Fields in each other: `set: { table: [1, 2], owner: { id: 7 } }` as paths in C, `table[0]`, `table[1]` and `owner.id`.

type Json = unknown;

const isMap = (value: Json): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function* flat(path: string, value: Json): Generator<[string, Json]> {
  if (Array.isArray(value)) for (const [index, one] of value.entries()) yield* flat(`${path}[${index}]`, one);
  else if (isMap(value))
    for (const [name, one] of Object.entries(value)) yield* flat(path === '' ? name : `${path}.${name}`, one);
  else yield [path, value];
}

const isNested = (set: Json): boolean =>
  isMap(set) && Object.values(set).some((value) => typeof value === 'object' && value !== null);

const withFlatSet = (value: Json): Json =>
  isMap(value) && isNested(value['set'])
    ? { ...value, set: Object.fromEntries(flat('', value['set'])) }
    : value;

const inEach = (value: Json, change: (one: Json) => Json): Json =>
  isMap(value) ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one)])) : value;

const inOperation = (operation: Json): Json => withFlatSet(inEach(operation, withFlatSet));

const inStep = (step: Json): Json =>
  isMap(step) && Array.isArray(step['do']) ? { ...step, do: (step['do'] as Json[]).map(inOperation) } : step;

/** The value of a scenario file, of the right form, with the fields of each `set` as paths. */
export const withFlatFields = (value: Json): Json => {
  if (!isMap(value)) return value;
  const { world, steps } = value;
  return {
    ...value,
    ...(isMap(world) && world['objects'] !== undefined
      ? { world: { ...world, objects: inEach(world['objects'], withFlatSet) } }
      : {}),
    ...(steps === undefined ? {} : { steps: inEach(steps, inStep) }),
  };
};
