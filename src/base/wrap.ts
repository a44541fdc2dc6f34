// Prose in lines of a width. Words longer than a line stay whole.

/** @param first what the first line starts with; `rest`: what the others do, the same unless given */
export const wrap = (text: string, width: number, first = '', rest = first): string[] => {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/u).filter((part) => part !== '')) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = rest;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return empty ? lines : [...lines, line];
};
