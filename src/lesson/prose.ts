// Markdown prose for a terminal.

import { append } from '../base/long-lists.js';
import { wrap } from '../base/words.js';

/** Lines of prose: paragraphs wrapped; headings, lists, tables and fences as they are. @param width columns */
export const wrapProse = (text: string, width: number): string[] => {
  let fenced = false;
  const out: string[] = [];
  let paragraph: string[] = [];
  const flush = (): void => {
    append(out, wrap(paragraph.join(' '), width));
    paragraph = [];
  };
  for (const line of text.split('\n')) {
    if (/^(?:```|~~~)/u.test(line)) {
      flush();
      fenced = !fenced;
      continue;
    }
    const item = /^(\s*(?:[-*]|\d+\.) )(.*)$/u.exec(line);
    if (fenced) out.push(`  ${line}`);
    else if (line.trim() === '' || /^(?:#|\||>| {4})/u.test(line)) {
      flush();
      out.push(
        line.replace(/^(#+) (.*)$/u, (_, marks: string, title: string) =>
          marks.length === 1 ? title.toUpperCase() : title,
        ),
      );
      const heading = /^##? (.*)$/u.exec(line);
      if (heading !== null) out.push('-'.repeat(Math.min(width, heading[1]!.length)));
    } else if (item !== null) {
      flush();
      append(out, wrap(item[2]!, width, item[1]!, ' '.repeat(item[1]!.length)));
    } else if (/^ {2,}\S/u.test(line) && paragraph.length === 0 && out.length > 0) {
      const last = out.pop()!;
      append(out, wrap(`${last.trimStart()} ${line.trim()}`, width, /^\s*/u.exec(last)![0], '  '));
    } else paragraph.push(line.trim());
  }
  flush();
  return out;
};
