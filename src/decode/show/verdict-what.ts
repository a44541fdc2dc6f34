// What happened, in one line.

import { hex } from '../../base/address.js';
import { plural } from '../../base/words.js';
import type { Claim } from '../code/statement.js';
import { isMissingEndbr } from '../explain/assertion-detail.js';
import type { Explanation } from '../explain/explain.js';
import type { KernelReport } from '../read/report.js';
import { LINE, fit } from './fit.js';
import { blameWords, machineCheckWords } from './hardware-words.js';
import { KIND_WORDS } from './report-words.js';
import { findingParts } from './finding-words.js';

const ACCESS = {
  read: 'a read of',
  write: 'a write of',
  'read and write': 'a read and write of',
  call: 'a call through',
  jump: 'a jump to',
  push: 'a push of',
} as const;

const accessWords = ({ trap, bad }: Explanation): string | undefined => {
  // The access is that of the checker, to its shadow: the one that the program was about to make is not known.
  if (bad !== undefined && bad.detail.includes('KASAN checks'))
    return `KASAN's check of an access at ${hex(bad.value)}`;
  const found = trap
    .map(({ claim }) => claim)
    .find((claim): claim is Claim & { kind: 'accesses' } => claim.kind === 'accesses');
  if (found === undefined || found.verdict === 'other') return undefined;
  const { access, size, address } = found;
  if (access === 'jump') return `a jump to ${hex(address)}`;
  return `${ACCESS[access]} ${plural(size, 'byte')} at ${hex(address)}`;
};

const pageFaultWords = ({ pageFault, faultAddress }: KernelReport): string | undefined =>
  pageFault?.access === undefined || faultAddress === undefined
    ? undefined
    : `a ${pageFault.access} at ${hex(faultAddress)}`;

/** The end of a path of the source: where a kernel was built does not matter. */
export const shortPath = (file: string): string => {
  const parts = file.split('/').filter((part) => part !== '');
  return file.startsWith('/') && parts.length > 3 ? `…/${parts.slice(-3).join('/')}` : file;
};

/** Faults of the processor: an instruction trapped, whatever a checker added. */
export const FAULTS: ReadonlySet<KernelReport['kind']> = new Set<KernelReport['kind']>([
  'paging',
  'null-deref',
  'gpf',
  'double-fault',
  'stack-guard',
  'trap',
]);

// Kinds that have many members: the kernel's own words say which.
const WIDE = new Set<KernelReport['kind']>(['other-bug', 'hardware', 'unknown']);

// The kernel's own word, where the kind is a wide one.
const eventWords = (report: KernelReport): string => {
  const { kind, die, waits, headline } = report;
  if (isMissingEndbr(report)) return 'an indirect jump or call to a place without endbr64 (likely), BUG()';
  if (kind === 'trap' && die?.trap === 'debug') return 'a debug exception';
  if (kind === 'trap' && die !== undefined)
    return die.trap === 'stack segment' ? 'a stack segment fault' : die.trap;
  if (WIDE.has(kind) && headline !== undefined) return headline.text.slice(0, LINE);
  return waits?.lockdep === undefined ? KIND_WORDS[kind] : `lockdep: ${waits.lockdep.said}`;
};

/** The kind of event, the access that failed, and what came of it. */
export const whatWords = (report: KernelReport, explanation: Explanation): string => {
  const { kind, kindFrom, faultAddress, source, finding } = report;
  if (finding !== undefined && finding.checker !== 'list' && !FAULTS.has(kind))
    return findingParts(finding).what;
  const [panic] = report.consequences;
  const [record] = report.machineChecks ?? [];
  if (kind === 'hardware' && record !== undefined)
    return `${machineCheckWords(record)[0]!}: ${blameWords(record)}`;
  if (kind === 'warning' && record?.kind === 'msr') return machineCheckWords(record)[0]!;
  const access = accessWords(explanation) ?? pageFaultWords(report);
  const address = faultAddress === undefined ? undefined : `address ${hex(faultAddress)}`;
  return fit([
    eventWords(report),
    kindFrom === 'trace' ? 'inferred from the call trace' : undefined,
    access ?? address,
    source === undefined ? undefined : `at ${shortPath(source.file)}:${source.line}`,
    panic === undefined ? undefined : 'then the kernel panicked',
  ]);
};
