// Parts of a line, most important first: as many as fit.

/** Columns that the text of a line of the verdict may have. */
export const LINE = 90;

/**
 * The parts that fit into a line, each with its separator before it; the first is always there, and cut only where it
 * alone would be a paragraph.
 */
export const fit = (parts: readonly (string | undefined)[], separator = ', ', width = LINE): string => {
  const some = parts.filter((part) => part !== undefined && part !== '') as string[];
  const [first = '', ...rest] = some;
  let line = first.length > 2 * width ? `${first.slice(0, 2 * width - 1)}…` : first;
  for (const part of rest) {
    if (line.length + separator.length + part.length <= width) line += `${separator}${part}`;
  }
  return line;
};
