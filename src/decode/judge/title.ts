// The title that a report is filed under: in the grammar that the kernel's automatic testers use, so that a search for it
// finds their lists too. No address, number, path or process is in it.

import type { KernelReport } from '../read/report.js';
import { titleSymbol } from './symbol.js';
import { TITLE_ROWS } from './title-rows.js';

/** A title, and the alternatives under which the same bug may be filed. */
interface Titles {
  readonly title: string;
  readonly alternativeTitles: readonly string[];
}

/** Titles of reports without a headline that is known, by their kind. */
const BY_KIND: Partial<Record<KernelReport['kind'], string>> = {
  'memory-leak': 'memory leak',
  'task-dump': 'task dump',
  'out-of-memory': 'out of memory',
  hardware: 'hardware error',
  paging: 'BUG: unable to handle kernel paging request',
  'null-deref': 'BUG: unable to handle kernel NULL pointer dereference',
  gpf: 'general protection fault',
  bug: 'kernel BUG',
  warning: 'WARNING',
  'double-fault': 'PANIC: double fault',
  'stack-guard': 'BUG: stack guard page was hit',
  'soft-lockup': 'BUG: soft lockup',
  'hard-lockup': 'BUG: hard lockup',
  'rcu-stall': 'INFO: rcu detected stall',
  'hung-task': 'INFO: task hung',
  'list-corruption': 'BUG: corrupted list',
  panic: 'kernel panic',
};

// A title, and the short name of its family, with a function in its place.
const titleIn = (report: KernelReport, name: string | undefined): { title: string; family?: string } => {
  const where = name === undefined ? '' : ` in ${name}`;
  const text = report.headline?.text ?? report.die?.trap ?? '';
  for (const [pattern, title, family] of TITLE_ROWS) {
    const found = pattern.exec(text);
    if (found === null) continue;
    return {
      title: typeof title === 'string' ? title : title({ report, text, found, where }),
      ...(family === undefined || name === undefined ? {} : { family: `${family}${where}` }),
    };
  }
  return { title: `${BY_KIND[report.kind] ?? report.die?.trap ?? 'Stack dump'}${where}` };
};

/**
 * The titles of a report.
 *
 * @param guilty the name of the guilty function, as printed
 * @param others names that may stand in its place
 */
export const titlesOf = (
  report: KernelReport,
  guilty: string | undefined,
  others: readonly string[],
): Titles => {
  const { title, family } = titleIn(report, guilty === undefined ? undefined : titleSymbol(guilty));
  const alternatives = new Set(family === undefined ? [] : [family]);
  for (const other of others) {
    const one = titleIn(report, other);
    alternatives.add(one.title);
    if (one.family !== undefined) alternatives.add(one.family);
  }
  alternatives.delete(title);
  return { title, alternativeTitles: [...alternatives] };
};
