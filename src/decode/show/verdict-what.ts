// What happened, in one line.

import { hex } from '../../base/address.js';
import { plural } from '../../base/words.js';
import type { Claim } from '../code/statement.js';
import type { Explanation } from '../explain/explain.js';
import type { KernelReport } from '../read/report.js';
import { fit } from './fit.js';
import { KIND_WORDS } from './report-words.js';

const ACCESS = {
  read: 'a read of',
  write: 'a write of',
  'read and write': 'a read and write of',
  call: 'a call through',
  jump: 'a jump to',
  push: 'a push of',
} as const;

const accessWords = ({ trap }: Explanation): string | undefined => {
  const found = trap
    .map(({ claim }) => claim)
    .find((claim): claim is Claim & { kind: 'accesses' } => claim.kind === 'accesses');
  if (found === undefined || found.verdict === 'other') return undefined;
  const { access, size, address } = found;
  if (access === 'jump') return `a jump to ${hex(address)}`;
  return `${ACCESS[access]} ${plural(size, 'byte')} at ${hex(address)}`;
};

/** The kind of event, the access that failed, and what came of it. */
export const whatWords = (report: KernelReport, explanation: Explanation): string => {
  const { kind, kindFrom, faultAddress, source } = report;
  const access = accessWords(explanation);
  const address = faultAddress === undefined ? undefined : `address ${hex(faultAddress)}`;
  return fit([
    KIND_WORDS[kind],
    kindFrom === 'trace' ? 'inferred from the call trace' : undefined,
    access ?? address,
    source === undefined ? undefined : `at ${source.file}:${source.line}`,
  ]);
};
