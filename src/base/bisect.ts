// Binary search. No Node APIs: bundled into the page.

/**
 * The first index below `count` that holds.
 *
 * @param holds false up to some index and true from there on
 * @returns `count` when none holds
 */
export const firstWhere = (count: number, holds: (index: number) => boolean): number => {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
};
