// The table of the shipped candidates in docs/check.md, made from candidates/*.yaml. A test compares the two.

/** A table of Markdown. */
export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

/** Name, expected verdict, properties that catch it, and what its author thought. */
export const candidateTable = (candidates) =>
  table(
    ['candidate', 'expected', 'properties that catch it', 'what its author thought'],
    candidates.map(({ name, expected, caughtBy, thought }) => [name, expected, caughtBy.join(', '), thought]),
  );
