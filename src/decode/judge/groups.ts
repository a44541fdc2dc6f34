// The reports of a text in groups: those with one signature are of one crash.

import type { Filed } from './filed.js';

export interface Group {
  readonly signature: string;
  /** Of the first report of the group. */
  readonly title: string;
  /** Indexes, in the order of the text. */
  readonly reports: readonly number[];
  /** Time of the first and of the last report that has one, as printed. */
  readonly first?: string;
  readonly last?: string;
}

/** The groups, in the order of their first reports. */
export const groupsOf = (filed: readonly Filed[]): Group[] => {
  const bySignature = new Map<string, number[]>();
  for (const [index, { signature }] of filed.entries()) {
    const reports = bySignature.get(signature);
    if (reports === undefined) bySignature.set(signature, [index]);
    else reports.push(index);
  }
  return [...bySignature].map(([signature, reports]) => {
    const times = reports.flatMap((index) => filed[index]!.time ?? []);
    const [first] = times;
    const last = times.at(-1);
    return {
      signature,
      title: filed[reports[0]!]!.title,
      reports,
      ...(first === undefined ? {} : { first }),
      ...(last === undefined ? {} : { last }),
    };
  });
};
