// A lesson: a Markdown file with prose, fenced replays and questions. Read here, with the place of every mistake.

import { dirname, isAbsolute, join } from 'node:path';
import { InputError } from '../base/errors.js';
import { readText } from '../base/read-file.js';
import { findInvisibleInText } from '../base/visible-text.js';
import { append } from '../base/long-lists.js';
import type { Kind } from './answers.js';
import { LESSON_FORMAT, type QuestionSpec, REMARK, frontForm, questionForm } from './block-form.js';
import { Block } from './block.js';
import type { CaseReference } from './case-book.js';
import { DAMAGE_QUERIES } from './damage-queries.js';
import { FINDING_QUERIES } from './finding-queries.js';
import { LINEAGE_QUERIES } from './lineage-queries.js';
import { RUN_QUERIES } from './run-queries.js';
import { STATE_QUERIES } from './state-queries.js';
import { TRAP_QUERIES } from './trap-queries.js';
import { isPromptWord } from './prompt-words.js';
import { type Query, type QueryForm, readQuery } from './query.js';
import { type Command, readCommand } from './show.js';

/** All forms of query, in the order in which docs/lessons.md lists them. */
export const QUERIES: readonly QueryForm[] = [
  ...LINEAGE_QUERIES,
  ...STATE_QUERIES,
  ...TRAP_QUERIES,
  ...DAMAGE_QUERIES,
  ...FINDING_QUERIES,
  ...RUN_QUERIES,
];

interface Hint {
  readonly text: string;
  readonly cost: number;
}

export interface Question extends CaseReference {
  readonly id: string;
  readonly ask: string;
  readonly kind: Kind;
  /** Any answer of any of them is right. */
  readonly queries: readonly Query[];
  readonly hints: readonly Hint[];
  /** Wrong answers that each get a reason: a test plays them. */
  readonly wrong: readonly string[];
  /** Of a choice: what each word stands for. */
  readonly choices: Readonly<Record<string, string>>;
  readonly points: number;
  /** Replays that show what it needs; none for those of its page. */
  readonly show: readonly Command[];
  /** The instruction before which the machine beside it stands, in a page; empty for that of what it needs. */
  readonly at: string;
  /** Said after a right answer. */
  readonly remark: string;
  /** A complaint about a field of it. */
  complain(field: string, message: string): InputError;
}

export type Part =
  | { readonly kind: 'prose'; readonly text: string }
  | { readonly kind: 'replay'; readonly commands: readonly Command[]; readonly line: number }
  | { readonly kind: 'question'; readonly question: Question };

export interface Lesson extends CaseReference {
  readonly file: string;
  readonly name: string;
  readonly title: string;
  /** Slides of the talk that it goes with; empty for none. */
  readonly slides: string;
  readonly parts: readonly Part[];
  readonly questions: readonly Question[];
}

export const LESSON_FILE = { what: 'a lesson file', max: 1 << 20 };
const POINTS = 3;

// A path is relative to the lesson's folder, wherever the lesson is taken.
const scenarioOf = (reference: string, file: string): string => {
  if (!/[/\\]|\.ya?ml$|^\.\.?$/u.test(reference) || isAbsolute(reference)) return reference;
  const path = join(dirname(file), reference);
  return /[/\\]/u.test(path) ? path : `./${path}`; // a bare one would be a name
};

// What may be written as a list, or as one thing.
const listed = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

const texts = (value: string | number | readonly (string | number)[] | undefined): string[] =>
  listed(value).map(String);

const textMap = (value: Readonly<Record<string, string | number>> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(value).map(([name, one]) => [name, String(one)]));

const queriesOf = (block: Block, { key, kind }: QuestionSpec): Query[] =>
  texts(key).map((text, index) => {
    try {
      return readQuery(text, kind, QUERIES);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw block.error(Array.isArray(key) ? ['key', index] : ['key'], error.message);
    }
  });

const showOf = (block: Block, { show }: QuestionSpec, reference: CaseReference): Command[] =>
  texts(show).map((text, index) => {
    try {
      return readCommand(text, reference);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw block.error(Array.isArray(show) ? ['show', index] : ['show'], error.message);
    }
  });

const questionOf = (block: Block, front: CaseReference): Question => {
  const spec = block.read(questionForm);
  const { kind, hints, scenario } = spec;
  const choices = textMap(spec.choices);
  if ((kind === 'choice') !== Object.keys(choices).length > 1) {
    const message =
      kind === 'choice' ? 'should have two words or more' : 'only a question of kind choice has them';
    throw block.error(['choices'], message);
  }
  const word = Object.keys(choices).find(isPromptWord);
  if (word !== undefined)
    throw block.error(['choices', word], `"${word}" means something at the prompt; choose another word`);
  const reference: CaseReference = {
    scenario: scenario === undefined ? front.scenario : scenarioOf(String(scenario), block.file),
    set: { ...(scenario === undefined ? front.set : {}), ...textMap(spec.set) },
    view: spec.view ?? front.view,
  };
  return {
    ...reference,
    id: String(spec.id),
    ask: String(spec.ask),
    kind,
    queries: queriesOf(block, spec),
    hints: listed(hints).map(({ text, cost = 1 }) => ({ text, cost })),
    wrong: texts(spec.wrong),
    choices,
    points: spec.points ?? POINTS,
    at: String(spec.at ?? ''),
    remark: String(spec[REMARK.name] ?? ''),
    show: showOf(block, spec, reference),
    complain: (field, message) => block.error([field], message),
  };
};

/** A fence: where it begins and ends, lines from 0, and what stands in it. */
interface Fence {
  readonly language: string;
  readonly from: number;
  readonly to: number;
}

const fenceOf = (lines: readonly string[], from: number, file: string): Fence | undefined => {
  const open = /^(`{3,}|~{3,})\s*(\w*)\s*$/u.exec(lines[from]!);
  if (open === null) return undefined;
  const to = lines.findIndex((line, index) => index > from && line.trimEnd() === open[1]);
  if (to < 0)
    throw new InputError(`the block that begins here never ends; "${open[1]}" on a line of its own ends it`, {
      file,
      line: from + 1,
      column: 1,
    });
  return { language: open[2]!, from, to };
};

// Prose goes to the terminal as it stands; a tab is fine.
const refuseHidden = (lines: readonly string[], file: string): void => {
  for (const [index, line] of lines.entries()) {
    const hidden = findInvisibleInText(line);
    if (hidden === undefined) continue;
    const message = `should have no control or invisible character, found ${hidden.shown}`;
    throw new InputError(message, {
      file,
      line: index + 1,
      column: hidden.at + 1,
    });
  }
};

/** @throws {InputError} at the first thing that is wrong, with file, line, column and field */
export const loadLesson = (file: string): Lesson =>
  parseLesson(readText(file, LESSON_FILE).replaceAll('\r\n', '\n'), file);

/** The same, of a text. @param file the name for complaints */
export const parseLesson = (text: string, file: string): Lesson => {
  const lines = text.split('\n');
  refuseHidden(lines, file);
  const end = lines.indexOf('---', 1);
  if (lines[0] !== '---' || end < 0) {
    const message = `should begin with front matter: "---", then "format: ${LESSON_FORMAT}" and so on, then "---"`;
    throw new InputError(message, { file, line: 1, column: 1 });
  }
  const front = new Block(file, 2, lines.slice(1, end).join('\n'));
  const { name, title, scenario, set, slides = '', view = 'analyst' } = front.read(frontForm);
  const reference: CaseReference = {
    scenario: scenarioOf(String(scenario), file),
    set: textMap(set),
    view,
  };
  const parts: Part[] = [];
  let prose: string[] = [];
  const flush = (): void => {
    const whole = prose.join('\n').trim();
    if (whole !== '') parts.push({ kind: 'prose', text: whole });
    prose = [];
  };
  const ids = new Set<string>();
  for (let index = end + 1; index < lines.length; index += 1) {
    const fence = fenceOf(lines, index, file);
    const body = fence === undefined ? [] : lines.slice(fence.from + 1, fence.to);
    if (fence?.language === 'replay') {
      flush();
      const commands = body.flatMap((line, offset) => {
        if (line.trim() === '') return [];
        try {
          return [readCommand(line.trim(), reference)];
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          throw new InputError(error.message, { file, line: index + offset + 2, column: 1, field: 'replay' });
        }
      });
      parts.push({ kind: 'replay', commands, line: index + 2 });
    } else if (fence?.language === 'question') {
      flush();
      const block = new Block(file, index + 2, body.join('\n'));
      const question = questionOf(block, reference);
      if (ids.has(question.id)) throw block.error(['id'], `"${question.id}" is taken by a question above`);
      ids.add(question.id);
      parts.push({ kind: 'question', question });
    } else {
      if (/^#{1,2} /u.test(lines[index]!)) flush(); // a heading begins a page
      append(prose, lines.slice(index, (fence?.to ?? index) + 1));
    }
    index = fence?.to ?? index;
  }
  flush();
  const questions = parts.flatMap((part) => (part.kind === 'question' ? [part.question] : []));
  if (questions.length === 0)
    throw new InputError('has no question; a block that begins with ```question is one', { file });
  return {
    ...reference,
    file,
    name: String(name),
    title: String(title),
    slides: String(slides),
    parts,
    questions,
  };
};
