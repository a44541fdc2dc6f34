// How much a campaign tries: a twentieth in `npm run test:quick`, the long run with OOPSLAB_FULL=1.

const isSet = (name: string): boolean => process.env[name] === '1';

/** Whether this is the long run. */
export const FULL = isSet('OOPSLAB_FULL');

/** Whether this is `npm run test:quick`. */
export const QUICK = isSet('OOPSLAB_QUICK') && !FULL;

/** The number of cases that a campaign tries, from those of `npm test` and of the long run. */
export const cases = (usual: number, long = usual): number => {
  if (FULL) return long;
  return QUICK ? Math.ceil(usual / 20) : usual;
};
