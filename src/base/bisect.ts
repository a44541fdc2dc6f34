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

/**
 * The last item of a list that begins at or before a place; `undefined` where the first one begins after it.
 *
 * @param sorted by where its items begin
 */
export const lastUpTo = <Item, Place extends number | bigint>(
  sorted: readonly Item[],
  at: Place,
  beginOf: (item: Item) => Place,
): Item | undefined => sorted[firstWhere(sorted.length, (index) => beginOf(sorted[index]!) > at) - 1];
