// `oopslab decode`: reads the kernel reports of a text and explains each.

import type { Command } from 'commander';
import { InputError } from '../base/errors.js';
import type { NamedCode } from '../decode/explain/explain.js';
import { type Explained, Explainer } from '../decode/explain/explainer.js';
import type { DeclinedReport } from '../decode/read/other-architecture.js';
import type { KernelReport } from '../decode/read/report.js';
import { markdownOf } from '../decode/show/block-markdown.js';
import { textOf } from '../decode/show/block-text.js';
import type { Block } from '../decode/show/blocks.js';
import { declinedWords } from '../decode/show/declined-words.js';
import { HardwareReports, Printer, shownOf } from '../decode/show/printer.js';
import type { Answer } from './command.js';
import { reportsIn } from './decode-input.js';
import { DecodePrinter } from './decode-json.js';
import { type LibraryOptions, librariesOf } from './options.js';
import { EXIT, type Io } from './output.js';

interface Options extends LibraryOptions {
  readonly code?: string;
  readonly kernel: readonly string[];
  readonly decodecode?: true;
  readonly json?: true;
  readonly md?: true;
  readonly full?: true;
  readonly types?: true;
  readonly each?: true;
  readonly redact?: true;
  /** From 1. */
  readonly report?: number;
}

const MAX_DECLINED = 10; // reports of other architectures that are named one by one

// Loading ELF files and snippets takes a third of the start: only with --code.
const codeOf = async (io: Io, options: Options): Promise<NamedCode | undefined> => {
  if (options.kernel.length > 0) {
    const { kernelCode } = await import('./kernel-code.js');
    return kernelCode(io, options.kernel);
  }
  if (options.code === undefined) return undefined;
  const { namedCode } = await import('../decode/explain/with-code.js');
  return namedCode({ code: options.code, libraries: librariesOf(options) });
};

const namedBy = ({ code, kernel }: Options): string =>
  kernel.length === 0 ? `--code ${code ?? ''}` : `--kernel ${kernel.join(' --kernel ')}`;

// In the order of the text; all reports are passed to `pass`, and with --report only that one is explained.
async function* explainedIn(
  io: Io,
  file: string | undefined,
  options: Options,
  decline: (declined: DeclinedReport) => void,
  pass: (report: KernelReport, number: number) => void,
): AsyncGenerator<Explained> {
  const code = await codeOf(io, options);
  const explainer = new Explainer(code);
  let number = 0;
  for await (const report of reportsIn(io, file, options.redact === true, decline)) {
    number += 1;
    pass(report, number);
    if (options.report !== undefined && number < options.report) continue;
    await code?.prepare?.(report);
    yield* explainer.take(report, number);
    // What follows the one that is wanted is not read.
    if (number === options.report) break;
  }
  explainer.end();
}

// Blocks as lines, with an empty one between two.
const printing = (io: Io, { md }: Options): ((blocks: readonly Block[]) => void) => {
  let printed = false;
  return (blocks) => {
    const lines = (md === true ? markdownOf : textOf)(blocks);
    io.print([...(printed ? [''] : []), ...lines].join('\n'));
    printed = true;
  };
};

const decode = async (io: Io, file: string | undefined, options: Options): Promise<Answer> => {
  const hardware = new HardwareReports();
  const print = printing(io, options);
  const printer = new Printer(hardware, print, options);
  // Where a file lies may be private, too.
  const document =
    options.json === true
      ? new DecodePrinter(io, options.redact === true ? null : (file ?? null))
      : undefined;
  const declined: DeclinedReport[] = [];
  let count = 0;
  const decline = (one: DeclinedReport): void => {
    declined.push(one);
    if (declined.length <= MAX_DECLINED) io.note(declinedWords(one));
  };
  const pass = (report: KernelReport, number: number): void => {
    count = number;
    hardware.take(report);
  };
  const each = async (): Promise<void> => {
    for await (const one of explainedIn(io, file, options, decline, pass)) {
      const { number, explained, other } = one;
      if (other !== undefined)
        io.note(`report ${number} is explained without ${namedBy(options)}: ${other.message}`);
      if (options.decodecode === true) {
        if (explained.decodecode === undefined) io.note(`report ${number} has no bytes of code`);
        else io.print(`${number === 1 ? '' : '\n'}${explained.decodecode}`);
      } else if (document === undefined) printer.take(one);
      else await document.take(shownOf(one, hardware));
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
  const next = printer.end();
  if (next !== undefined && options.md !== true) print([{ kind: 'note', text: next }]);
  await document?.end(declined);
  return { exit: count === 0 ? EXIT.notAsExpected : EXIT.asExpected };
};

export const run = (io: Io, file: string | undefined, options: Options, command: Command) => {
  if (options.json === true && options.md === true) command.error('error: choose --json or --md');
  if (options.kernel.length > 0 && options.code !== undefined)
    command.error('error: choose --kernel or --code: the functions of the kernel are the code');
  if (options.types === true && options.kernel.length === 0)
    command.error('error: --types prints a struct of the kernel that --kernel names');
  if (options.types === true && (options.json === true || options.decodecode === true))
    command.error('error: --types is text; oopslab struct NAME --json has the layout as data');
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
