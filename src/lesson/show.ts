// The commands of a ```replay block, and their output: functions of the command line answer them, no shell.
// Long, since it is one list of commands.

import { defined } from '../base/defined.js';
import { runLine } from '../crash/run.js';
import { InputError } from '../base/errors.js';
import { plural, wrap } from '../base/words.js';
import { formatForensics } from '../forensics/text.js';
import { knownText, ledgerText } from '../lineage/text.js';
import { staleSince } from '../lineage/stale.js';
import type { View } from '../lineage/state.js';
import { findInstruction, formatListing, listingOf } from '../release/listing.js';
import { formatOops } from '../oops/collect.js';
import { loadRelease } from '../release/snippet.js';
import { formatOutcome } from '../recording/outcome.js';
import type { LocatedOutOfBounds } from '../reading/out-of-bounds.js';
import { compareValues } from '../forensics/compare.js';
import { readPair } from '../forensics/input.js';
import { whyText } from '../why/text.js';
import { WhyCase } from '../why/why.js';
import type { LessonCase } from './case.js';
import type { CaseBook, CaseReference } from './case-book.js';
import { fieldPicture, instructionPicture, registerPicture, slabPicture, stackPicture } from './pictures.js';

export interface Command {
  /** As it is shown before its output. */
  readonly text: string;
  /** The instruction before which it shows the run, where it names one. */
  readonly at?: string;
  /** Its lines. @throws {InputError} when the run has no such thing */
  run(book: CaseBook): string[];
}

interface Words {
  readonly rest: readonly string[];
  readonly options: Readonly<Record<string, string | true>>;
  readonly reference: CaseReference;
}

const TAKES: Readonly<Record<string, boolean>> = {
  set: true, value: true, at: true, analyst: false, run: false, all: false,
}; // prettier-ignore

const readWords = (text: string, lesson: CaseReference, allowed: readonly string[]): Words => {
  const words = text.split(/\s+/u).filter((word) => word !== '');
  const rest: string[] = [];
  const options: Record<string, string | true> = {};
  const set: Record<string, string> = {};
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]!;
    if (!word.startsWith('--')) {
      rest.push(word);
      continue;
    }
    const name = word.slice(2);
    if (!allowed.includes(name)) {
      const list = allowed.map((one) => `--${one}`).join(', ');
      throw new InputError(`${word} is not for this command${list === '' ? '' : `; it takes ${list}`}`);
    }
    if (TAKES[name] !== true) {
      options[name] = true;
      continue;
    }
    index += 1;
    const value = words[index];
    if (value === undefined) throw new InputError(`${word} needs a value`);
    if (name !== 'set') options[name] = value;
    else {
      const [parameter, given] = value.split(/=(.*)/su);
      if (given === undefined) throw new InputError(`--set needs NAME=VALUE, found "${value}"`);
      set[parameter!] = given;
    }
  }
  return { rest, options, reference: { ...lesson, set: { ...lesson.set, ...set } } };
};

// A scenario that a command names replaces the lesson's, with its parameters.
const named = ({ rest, reference }: Words, lesson: CaseReference): CaseReference => {
  if (rest.length > 1) throw new InputError(`one scenario at a time, found ${rest.join(' ')}`);
  const own = Object.fromEntries(
    Object.entries(reference.set).filter(([name, value]) => lesson.set[name] !== value),
  );
  return rest[0] === undefined ? reference : { ...reference, scenario: rest[0], set: own };
};

const oopsLines = (which: LessonCase): string[] => {
  const report = which.oops();
  return report === undefined
    ? [`no oops: ${formatOutcome(which.recording.header.outcome)}`]
    : formatOops(report).trimEnd().split('\n');
};

const WIDTH = 96; // columns of sentences

const isUse = ({ stale, owner, victim }: LocatedOutOfBounds): boolean =>
  stale || (owner === undefined && victim.kind === 'free');

const replayLines = ({ recording, outOfBounds, findings }: LessonCase): string[] => {
  const damage = outOfBounds
    .filter((one) => !isUse(one))
    .map(({ access, by, address, size, old, new: now, victim }) => {
      const where =
        victim.object === null
          ? victim.kind
          : `${victim.object}${victim.field === null ? '' : `: ${victim.field}`}`;
      const change = access === 'write' ? `: ${old ?? '?'} becomes ${now ?? '?'}` : '';
      return `${by} ${access}s ${plural(size, 'byte')} out of bounds at ${address} (${where})${change}`;
    });
  // The bytes of a scan one after another say little more than the first.
  const told = damage.filter(
    (line, index) => line.includes(' becomes ') || !damage[index - 1]?.includes(' reads '),
  );
  return [
    ...told,
    ...findings
      .filter(({ kind }) => kind !== 'out-of-bounds')
      .flatMap(({ says }) => wrap(says, WIDTH, '', '  ')),
    ...(findings.length === 0 && told.length === 0 ? ['no access is out of bounds'] : []),
    `outcome: ${formatOutcome(recording.header.outcome)}`,
  ];
};

const lineageLines = (which: LessonCase, { value, at }: Words['options']): string[] => {
  const { lineage } = which;
  const state = which.at(typeof at === 'string' ? at : undefined);
  const from = which.callOf(state)?.from ?? 0;
  const values = lineage
    .valuesBetween(from, state)
    .filter(
      (one) =>
        value === undefined || one.name === value || one.also.some((other) => other.split(' ')[0] === value),
    )
    .map((one) => ({
      ...one,
      places: one.places.filter(
        ({ from: first, until }) => first.step <= state && (until === null || until.step >= from),
      ),
    }));
  if (values.length === 0) throw new InputError(`there is no value ${String(value)} here`);
  if (at === undefined) return ledgerText(values, from, staleSince(lineage.recording)).split('\n');
  const ids = new Set(values.map(({ id }) => id));
  const known = lineage.knownAt(state).filter((one) => ids.has(one.value.id));
  return knownText(lineage, state, known, values).split('\n');
};

const disLines = (which: LessonCase, reference: string, book: CaseBook): string[] => {
  const release = loadRelease(which.recording.header.release, book.libraries);
  const { snippet, marked } = findInstruction(release, reference);
  const lines = formatListing(listingOf(release, snippet), snippet.symbol, { marked });
  const code = lines.filter((line) => /\t/u.test(line) && !line.endsWith('\tnop'));
  return code.map((line) => line.replace('\t', ' '));
};

type Make = (text: string, lesson: CaseReference) => (book: CaseBook) => string[];

const pairsOf = (words: readonly string[]): (readonly [string, string])[] => {
  if (words.length === 0 || words.length % 2 !== 0)
    throw new InputError('compare takes pairs: EXPECTED FOUND, and so on');
  return Array.from(
    { length: words.length / 2 },
    (_, index) => [words[2 * index]!, words[2 * index + 1]!] as const,
  );
};

const COMMANDS: Readonly<Record<string, Make>> = {
  oops: (text, lesson) => {
    const reference = named(readWords(text, lesson, ['set']), lesson);
    return (book) => oopsLines(book.open(reference));
  },
  replay: (text, lesson) => {
    const reference = named(readWords(text, lesson, ['set']), lesson);
    return (book) => replayLines(book.open(reference));
  },
  lineage: (text, lesson) => {
    const words = readWords(text, lesson, ['set', 'value', 'at', 'analyst', 'run']);
    const view: View =
      words.options['analyst'] === true ? 'analyst' : words.options['run'] === true ? 'run' : lesson.view;
    const reference = { ...named(words, lesson), view };
    return (book) => lineageLines(book.open(reference), words.options);
  },
  dis: (text, lesson) => {
    const { rest, reference } = readWords(text, lesson, []);
    if (rest.length !== 1)
      throw new InputError('dis takes a function, or one of its instructions: shm_close+0x3e');
    return (book) => disLines(book.open(reference), rest[0]!, book);
  },
  why: (text, lesson) => {
    const { rest, reference } = readWords(text, lesson, ['set']);
    if (rest.length > 1) throw new InputError('why takes one place: a register, sfd.id, result@ipc_lock');
    return (book) => {
      const why = new WhyCase(book.open(reference), book.control(reference));
      const asked = rest[0] === undefined ? undefined : why.place(rest[0]);
      return whyText(reference.scenario, why.explain(asked), WIDTH);
    };
  },
  compare: (text) => {
    const given = pairsOf(text.split(/\s+/u).filter((word) => word !== '')).map(([expected, found], index) =>
      readPair(expected, found, undefined, index),
    );
    return () =>
      formatForensics(compareValues(given.map(({ pair }) => pair)), given)
        .join('\n')
        .trimEnd()
        .split('\n');
  },
};

/** What a command looks like, for messages. */
const HELP = 'replay, oops, lineage, dis, why, compare, picture or crash [SCENARIO]: COMMAND';

// `picture stack 4 at shm_close+0x3`, `lineage --at shm_close+0x3`
const MOMENT = /^(?:picture .*|lineage .*--)at (\S+)/u;

const PICTURE = /^picture (\w+)(?: (.*?))??(?: at (\S+))?$/u;

type Draw = (which: LessonCase, state: number, rest: string) => string[];

const stackOf: Draw = (which, state, rest) => {
  if (!/^(?:[1-9]|[1-9]\d)?$/u.test(rest)) throw new InputError('stack takes a number of words, up to 99');
  return stackPicture(which, state, Number(rest === '' ? 4 : rest));
};

const PICTURES: Readonly<Record<string, Draw>> = {
  registers: registerPicture,
  instruction: instructionPicture,
  stack: stackOf,
  fields: fieldPicture,
  slab: slabPicture,
};

// `picture stack 4 at shm_close+0x3`
const readPicture = (text: string, lesson: CaseReference): ((book: CaseBook) => string[]) => {
  const match = PICTURE.exec(text);
  const draw = match !== null && Object.hasOwn(PICTURES, match[1]!) ? PICTURES[match[1]!]! : undefined;
  if (draw === undefined)
    throw new InputError(
      `picture is followed by ${Object.keys(PICTURES).join(', ')}, and so on; found "${text}"`,
    );
  const [, , rest = '', at] = match!;
  return (book) => {
    const which = book.open(lesson);
    return draw(which, which.at(at), rest);
  };
};

// `oops (lines 5-9)`: only these; the others leave a mark.
const cut = (lines: readonly string[], from: number, to: number): string[] => {
  if (to > lines.length) throw new InputError(`there are only ${lines.length} lines, not ${to}`);
  return [...(from > 1 ? ['…'] : []), ...lines.slice(from - 1, to), ...(to < lines.length ? ['…'] : [])];
};

const plainCommand = (text: string, lesson: CaseReference): ((book: CaseBook) => string[]) => {
  const crash = /^crash\s*([^:]*):\s*(.+)$/u.exec(text);
  if (crash !== null) {
    const reference = named(readWords(crash[1]!, lesson, ['set']), lesson);
    return (book) => runLine(book.open(reference).session, crash[2]!);
  }
  if (/^picture\b/u.test(text)) return readPicture(text, lesson);
  const [word, rest] = text.split(/\s+(.*)/su) as [string, string?];
  const make = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (make === undefined)
    throw new InputError(`there is no command "${word}" in a replay block; it is ${HELP}`);
  return make(rest ?? '', lesson);
};

// A picture has no command line: its title says what it shows.
const titleOf = (text: string): string => {
  const [, kind = '', rest = '', at] = PICTURE.exec(text)!;
  const when = at === undefined ? 'at the end' : `before ${at}`;
  const subject = rest.split(/[\s,]/u)[0]!;
  if (kind === 'instruction') return `The instruction ${at ?? 'at the end'}:`;
  if (kind === 'slab') return `The slab of ${subject} ${when}:`;
  if (kind === 'fields') return `${subject} ${when}:`;
  return `${kind === 'stack' ? 'The stack' : 'Registers'} ${when}:`;
};

/** @throws {InputError} when it is not a command */
export const readCommand = (line: string, lesson: CaseReference): Command => {
  const range = /^(.*?)\s*\(lines (\d+)-(\d+)\)$/u.exec(line);
  const text = range?.[1] ?? line;
  const run = plainCommand(text, lesson);
  const shown = text.replace(/^crash\s*([^:]*):\s*/u, (_, scenario: string) =>
    scenario === '' ? 'crash> ' : `crash ${scenario.trim()}> `,
  );
  const lines = (found: readonly string[]): string[] => {
    if (range === null) return [...found];
    try {
      return cut(found, Number(range[2]), Number(range[3]));
    } catch (error) {
      if (error instanceof InputError) throw new InputError(`"${line}": ${error.message}`);
      throw error;
    }
  };
  return {
    text: shown.startsWith('crash')
      ? shown
      : shown.startsWith('picture ')
        ? titleOf(shown)
        : `$ oopslab ${shown}`,
    ...defined({ at: MOMENT.exec(text)?.[1] }),
    run: (book) => lines(run(book)),
  };
};
