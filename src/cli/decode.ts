// `oopslab decode`: reads the kernel reports of a text and explains each.

import type { Command } from 'commander';
import { type Explanation, explainReport, explainedRegisters } from '../decode/explain/explain.js';
import { type Filed, filedOf, isDeath } from '../decode/judge/filed.js';
import { type Judgement, judge } from '../decode/judge/judgement.js';
import { OtherCodeError } from '../decode/code/other-code-error.js';
import type { DeclinedReport } from '../decode/read/other-architecture.js';
import { markdownOf } from '../decode/show/block-markdown.js';
import { textOf } from '../decode/show/block-text.js';
import { declinedWords } from '../decode/show/declined-words.js';
import type { Block } from '../decode/show/blocks.js';
import { firstToRead, overviewBlocks } from '../decode/show/overview.js';
import { type Shown, reportBlocks } from '../decode/show/report-blocks.js';
import { verdictOf } from '../decode/show/verdict.js';
import type { KernelReport } from '../decode/read/report.js';
import { InputError } from '../base/errors.js';
import type { Answer } from './command.js';
import { reportsIn } from './decode-input.js';
import { DecodePrinter } from './decode-json.js';
import { type LibraryOptions, librariesOf } from './options.js';
import { EXIT, type Io } from './output.js';

interface Options extends LibraryOptions {
  readonly code?: string;
  readonly decodecode?: true;
  readonly json?: true;
  readonly md?: true;
  readonly full?: true;
  readonly each?: true;
  readonly redact?: true;
  /** From 1. */
  readonly report?: number;
}

/** Reports of other code that wait for the first one of the code that --code names. */
export const MAX_WAITING = 256;
const MAX_KEPT = 32; // reports that are kept until it is known which one to read first
export const MAX_HARDWARE = 64; // reports that others are held against
const MAX_DECLINED = 10; // reports of other architectures that are named one by one

// The explanation of a report: with the code that --code names, when it is the code of its trap.
const explain = async (report: KernelReport, options: Options): Promise<Explanation> => {
  const registers = explainedRegisters(report);
  if (options.code === undefined || registers === undefined) return explainReport(report);
  const request = { code: options.code, libraries: librariesOf(options) };
  // Loading ELF files and snippets takes a third of the start: only with --code.
  const { withFunctionBytes } = await import('../decode/code/function-bytes.js');
  return withFunctionBytes(report, registers, request, (full) => explainReport(report, full));
};

// What --code names must be good, too, where no report asks for it.
const checkNamed = async (options: Options): Promise<void> => {
  if (options.code === undefined) return;
  const { checkCode } = await import('../decode/code/named-code.js');
  checkCode({ code: options.code, libraries: librariesOf(options) });
};

/** A report with its explanation, and why it is explained without the code of --code. */
interface Explained {
  readonly report: KernelReport;
  readonly number: number;
  readonly explained: Explanation;
  readonly other?: OtherCodeError;
}

const explainOne = async (report: KernelReport, number: number, options: Options): Promise<Explained> => {
  try {
    return { report, number, explained: await explain(report, options) };
  } catch (error) {
    if (!(error instanceof OtherCodeError)) throw error;
    return { report, number, explained: explainReport(report), other: error };
  }
};

// In the order of the text; all reports are passed to `pass`, and with --report only that one is explained. Reports of other code than --code names wait for the first one of that code: without one,
// the option is wrong, and nothing is printed.
async function* explainedIn(
  io: Io,
  file: string | undefined,
  options: Options,
  decline: (declined: DeclinedReport) => void,
  pass: (report: KernelReport, number: number) => void,
): AsyncGenerator<Explained> {
  let waiting: Explained[] | undefined = options.code === undefined ? undefined : [];
  let number = 0;
  for await (const report of reportsIn(io, file, options.redact === true, decline)) {
    number += 1;
    pass(report, number);
    if (options.report !== undefined && number < options.report) continue;
    const one = await explainOne(report, number, options);
    if (waiting === undefined) yield one;
    else {
      if (waiting.length >= MAX_WAITING)
        throw new InputError(
          `is the code of none of the first ${MAX_WAITING} reports; --report N names the one that it is of`,
          { field: '--code' },
        );
      waiting.push(one);
      if (one.other === undefined && explainedRegisters(report) !== undefined) {
        yield* waiting;
        waiting = undefined;
      }
    }
    // What follows the one that is wanted is not read.
    if (number === options.report) break;
  }
  if (waiting === undefined) return;
  await checkNamed(options);
  const wrong = waiting.find(({ other }) => other !== undefined)?.other;
  if (wrong !== undefined) throw wrong;
  if (waiting.length > 0)
    throw new InputError('cannot be used: no report has the registers of a trap', { field: '--code' });
}

/** A report with everything that is printed of it. */
interface Read extends Shown {
  readonly judgement: Judgement;
}

const readOne = ({ report, number, explained }: Explained, hardware: readonly KernelReport[]): Read => {
  const judgement = judge(report, explained);
  const before = hardware.filter(({ lastLine }) => lastLine < report.firstLine);
  const verdict = verdictOf(report, explained, judgement, before);
  return { report, number, explanation: explained, judgement, verdict };
};

// Text and Markdown: one report, an overview of many, or all as they are found.
class Printer {
  readonly #filed: Filed[] = []; // empty while there is only one report
  // Those that may be the one to read first: up to the first in which the kernel died, and of those the first ones.
  readonly #kept: Explained[] = [];
  #keeps = true;
  #printed = false;

  constructor(
    private readonly io: Io,
    private readonly options: Options,
  ) {}

  take(one: Explained, hardware: readonly KernelReport[]): void {
    const { each, report, full } = this.options;
    if (each === true || report !== undefined) {
      this.#print(reportBlocks(readOne(one, hardware), full === true));
      return;
    }
    const [first] = this.#kept;
    if (first !== undefined && this.#filed.length === 0) this.#file(first);
    if (this.#keeps && (this.#kept.length < MAX_KEPT || isDeath(one.report))) this.#kept.push(one);
    this.#keeps &&= !isDeath(one.report);
    if (first !== undefined) this.#file(one);
  }

  end(hardware: readonly KernelReport[]): void {
    const { full, md } = this.options;
    const many = this.#filed.length > 1;
    const head = many ? firstToRead(this.#filed) + 1 : 1;
    const first = this.#kept.find(({ number }) => number === head);
    if (many) this.#print(overviewBlocks(this.#filed));
    if (first !== undefined) this.#print(reportBlocks(readOne(first, hardware), full === true));
    if (this.#kept.length === 0) return;
    const more = many ? '--report N for another one, --each for all' : undefined;
    const all = full === true ? undefined : '--full for registers, stack, traces and every finding';
    const next = [more, all].filter((part) => part !== undefined).join('; ');
    if (next !== '' && md !== true) this.#print([{ kind: 'note', text: `Next: add ${next}.` }]);
  }

  #file({ report, explained }: Explained): void {
    this.#filed.push(filedOf(report, judge(report, explained)));
  }

  #print(blocks: readonly Block[]): void {
    const lines = (this.options.md === true ? markdownOf : textOf)(blocks);
    this.io.print([...(this.#printed ? [''] : []), ...lines].join('\n'));
    this.#printed = true;
  }
}

const decode = async (io: Io, file: string | undefined, options: Options): Promise<Answer> => {
  const printer = new Printer(io, options);
  // Where a file lies may be private, too.
  const document =
    options.json === true
      ? new DecodePrinter(io, options.redact === true ? null : (file ?? null))
      : undefined;
  const declined: DeclinedReport[] = [];
  const hardware: KernelReport[] = []; // the first reports of the hardware: the cause may be among them
  let count = 0;
  const decline = (one: DeclinedReport): void => {
    declined.push(one);
    if (declined.length <= MAX_DECLINED) io.note(declinedWords(one));
  };
  const pass = (report: KernelReport, number: number): void => {
    count = number;
    if (report.kind === 'hardware' && hardware.length < MAX_HARDWARE) hardware.push(report);
  };
  const each = async (): Promise<void> => {
    for await (const one of explainedIn(io, file, options, decline, pass)) {
      const { number, explained, other } = one;
      if (other !== undefined)
        io.note(`report ${number} is explained without --code ${options.code ?? ''}: ${other.message}`);
      if (options.decodecode === true) {
        if (explained.decodecode === undefined) io.note(`report ${number} has no bytes of code`);
        else io.print(`${number === 1 ? '' : '\n'}${explained.decodecode}`);
      } else if (document === undefined) printer.take(one, hardware);
      else await document.take(readOne(one, hardware));
      await io.drained();
    }
  };
  try {
    await each();
  } catch (error) {
    if (document === undefined) throw error;
    await document.end(declined, { error });
    return { exit: EXIT.badInput };
  }
  if (options.report !== undefined && options.report > count && count > 0) {
    const has = count === 1 ? 'one report' : `${count} reports`;
    throw new InputError(`the text has ${has}, and ${options.report} is not one of them`, {
      field: '--report',
    });
  }
  if (declined.length > MAX_DECLINED)
    io.note(`${declined.length - MAX_DECLINED} more reports of other kernels than x86-64 are not read`);
  if (count === 0 && declined.length === 0)
    io.note(`${file ?? 'standard input'}: no report of an x86-64 kernel was found`);
  printer.end(hardware);
  await document?.end(declined);
  return { exit: count === 0 ? EXIT.notAsExpected : EXIT.asExpected };
};

export const run = (io: Io, file: string | undefined, options: Options, command: Command) => {
  if (options.json === true && options.md === true) command.error('error: choose --json or --md');
  if (options.report !== undefined && options.each === true)
    command.error('error: choose --report N or --each');
  if (options.decodecode === true && (options.json === true || options.md === true))
    command.error('error: --decodecode is text; with --json the listing is in the document');
  if (options.decodecode === true && options.full === true)
    command.error('error: choose --full or --decodecode');
  if (file === '') throw new InputError('needs the name of a file, found ""', { field: 'FILE' });
  if (file === undefined && io.stdin.isTTY === true)
    io.note('reading from the terminal; CTRL-D ends the text');
  return decode(io, file, options);
};
