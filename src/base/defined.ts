// Optional fields that are absent rather than undefined.

/** The fields that have a value: `{ file, ...defined({ line }) }` has no `line` where it is undefined. */
export const defined = <T extends object>(
  fields: T,
): { readonly [Name in keyof T]?: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    readonly [Name in keyof T]?: Exclude<T[Name], undefined>;
  };
