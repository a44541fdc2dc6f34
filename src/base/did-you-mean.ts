// The known name that was probably meant.

// Levenshtein's distance, with neighbours that changed places counted once.
const distance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
};

/** The known name nearest to `name`, if it is near: at most a third of its letters differ, or `least` of a short one. */
export const nearest = (name: string, known: readonly string[], least = 1): string | undefined => {
  const most = Math.max(least, Math.floor(name.length / 3));
  const [best] = known
    .map((other) => ({ other, far: distance(name, other) }))
    .toSorted((a, b) => a.far - b.far);
  return best !== undefined && best.far <= most ? best.other : undefined;
};

/** `there is no scenario "x"; did you mean "y"? There are …`: what is wrong with the name of something that is not there. */
export const unknownName = (what: string, name: string, known: readonly string[]): string => {
  const near = nearest(name, known);
  const hint = near === undefined ? '; there' : `; did you mean "${near}"? There`;
  return `there is no ${what} "${name}"${hint} are ${known.join(', ')}`;
};
