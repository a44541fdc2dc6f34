// Optional fields that are absent rather than undefined.

type Defined<T> = {
  readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** The fields that have a value: `{ file, ...defined({ line }) }` has no `line` where it is undefined. */
export const defined = <const T extends object>(fields: T): Defined<T> => {
  // A loop, not Object.fromEntries: it is called for every line of a report.
  const kept: { [Name in keyof T]?: unknown } = {};
  for (const name of Object.keys(fields) as (keyof T)[]) {
    const value = fields[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept as unknown as Defined<T>;
};

/** The number that digits say; `undefined` without digits, as of a part of a pattern that did not take part. */
export const numberIn = (digits: string | undefined, radix = 10): number | undefined =>
  digits === undefined ? undefined : Number.parseInt(digits, radix);
