// What `decode` prints of the reports of a text: one report, an overview of many, or all as they are found.

import type { Explained } from '../explain/explainer.js';
import { type Filed, filedOf, isDeath } from '../judge/filed.js';
import { judge } from '../judge/judgement.js';
import type { KernelReport } from '../read/report.js';
import type { Block } from './blocks.js';
import { firstToRead, overviewBlocks } from './overview.js';
import { type Shown, reportBlocks } from './report-blocks.js';
import { verdictOf } from './verdict.js';

const MAX_KEPT = 32; // reports that are kept until it is known which one to read first
export const MAX_HARDWARE = 64; // reports that others are held against

/** The first reports of the hardware in a text: the cause of others may be among them. */
export class HardwareReports {
  readonly #found: KernelReport[] = [];

  take(report: KernelReport): void {
    if (report.kind === 'hardware' && this.#found.length < MAX_HARDWARE) this.#found.push(report);
  }

  /** Those that end before a report begins. */
  before({ firstLine }: KernelReport): KernelReport[] {
    return this.#found.filter(({ lastLine }) => lastLine < firstLine);
  }
}

/** Everything that is shown of a report. */
export const shownOf = ({ report, number, explained }: Explained, hardware: HardwareReports): Shown => {
  const judgement = judge(report, explained);
  const verdict = verdictOf(report, explained, judgement, hardware.before(report));
  return { report, number, explanation: explained, judgement, verdict };
};

/** Which reports are printed, and how much of each. */
interface Printing {
  readonly full?: true;
  readonly types?: true;
  readonly each?: true;
  /** From 1. */
  readonly report?: number;
}

/** Takes reports as they are found, and prints as soon as it is known what. */
export class Printer {
  readonly #filed: Filed[] = []; // empty while there is only one report
  // Those that may be the one to read first: up to the first in which the kernel died, and of those the first ones.
  readonly #kept: Explained[] = [];
  #keeps = true;

  constructor(
    private readonly hardware: HardwareReports,
    private readonly print: (blocks: readonly Block[]) => void,
    private readonly printing: Printing,
  ) {}

  take(one: Explained): void {
    const { each, report } = this.printing;
    if (each === true || report !== undefined) {
      this.#show(one);
      return;
    }
    const [first] = this.#kept;
    if (first !== undefined && this.#filed.length === 0) this.#file(first);
    if (this.#keeps && (this.#kept.length < MAX_KEPT || isDeath(one.report))) this.#kept.push(one);
    this.#keeps &&= !isDeath(one.report);
    if (first !== undefined) this.#file(one);
  }

  /** The text has ended. @returns what may be asked next; undefined where nothing was printed */
  end(): string | undefined {
    const { full } = this.printing;
    const many = this.#filed.length > 1;
    const head = many ? firstToRead(this.#filed) + 1 : 1;
    const first = this.#kept.find(({ number }) => number === head);
    if (many) this.print(overviewBlocks(this.#filed));
    if (first !== undefined) this.#show(first);
    if (this.#kept.length === 0) return undefined;
    const more = many ? '--report N for another one, --each for all' : undefined;
    const all = full === true ? undefined : '--full for registers, stack, traces and every finding';
    const next = [more, all].filter((part) => part !== undefined).join('; ');
    return next === '' ? undefined : `Next: add ${next}.`;
  }

  #show(one: Explained): void {
    const { full, types } = this.printing;
    this.print(reportBlocks(shownOf(one, this.hardware), full === true, types === true));
  }

  #file({ report, explained }: Explained): void {
    this.#filed.push(filedOf(report, judge(report, explained)));
  }
}
