// A lesson: a Markdown file with prose, fenced replays and questions. Read here, with the place of every mistake.

import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { InputError } from '../base/errors.js';
import type { View } from '../lineage/state.js';
import { KINDS, type Kind } from './answers.js';
import { Block } from './block.js';
import type { CaseReference } from './case-book.js';
import { QUERIES } from './queries.js';
import { type Query, readQuery } from './query.js';
import { type Command, readCommand } from './show.js';

/** What the first line of a lesson's front matter says. */
export const LESSON_FORMAT = 'oopslab lesson 1';

/** A hint, and the points that it costs. */
export interface Hint {
  readonly text: string;
  readonly cost: number;
}

/** A question. */
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
  /** Said after a right answer. */
  readonly remark: string;
  /** A complaint about a field of it. */
  complain(field: string, message: string): InputError;
}

/** A piece of a lesson, in order. */
export type Part =
  | { readonly kind: 'prose'; readonly text: string }
  | { readonly kind: 'replay'; readonly commands: readonly Command[]; readonly line: number }
  | { readonly kind: 'question'; readonly question: Question };

/** A lesson. */
export interface Lesson extends CaseReference {
  readonly file: string;
  readonly name: string;
  readonly title: string;
  /** Slides of the talk that it goes with; empty for none. */
  readonly slides: string;
  readonly parts: readonly Part[];
  readonly questions: readonly Question[];
}

const MAX_FILE = 1 << 20; // bytes
const VIEWS = ['run', 'analyst'] as const satisfies readonly View[];
const FRONT = ['format', 'name', 'title', 'scenario', 'set', 'slides', 'view'] as const;
const FIELDS = [
  'id', 'ask', 'kind', 'key', 'hints', 'wrong', 'choices', 'points', 'then', 'scenario', 'set', 'view',
] as const; // prettier-ignore
const POINTS = 3;

const readText = (file: string): string => {
  let bytes: Buffer;
  try {
    const stat = statSync(file);
    if (!stat.isFile()) throw new InputError('is not a regular file; a lesson is a Markdown file', { file });
    if (stat.size > MAX_FILE)
      throw new InputError(`has ${stat.size} bytes; a lesson has at most ${MAX_FILE}`, { file });
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      file,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
  } catch {
    throw new InputError('is not UTF-8; a lesson is a Markdown file in UTF-8', { file });
  }
};

// A path is relative to the lesson's folder, wherever the lesson is taken.
const scenarioOf = (reference: string, file: string): string =>
  !/[/\\]|\.ya?ml$/u.test(reference) || isAbsolute(reference) ? reference : join(dirname(file), reference);

const hintsOf = (block: Block): Hint[] =>
  block.maps('hints').map((hint, index) => {
    const { text, cost = 1, ...rest } = hint;
    const path = ['hints', index] as const;
    const [other] = Object.keys(rest);
    if (other !== undefined) throw block.error([...path, other], 'a hint has a text and a cost');
    if (typeof text !== 'string' || text.trim() === '')
      throw block.error([...path, 'text'], 'should be text');
    if (!Number.isInteger(cost) || (cost as number) < 0)
      throw block.error(
        [...path, 'cost'],
        `should be a whole number of points, found ${JSON.stringify(cost)}`,
      );
    return { text, cost: cost as number };
  });

const questionOf = (block: Block, front: CaseReference): Question => {
  block.refuseOthers(FIELDS);
  const id = block.text('id');
  if (!/^[a-z0-9][a-z0-9-]*$/u.test(id))
    throw block.error(['id'], `should be lower case, digits and dashes; found "${id}"`);
  const kind = block.oneOf('kind', KINDS);
  const choices = block.map('choices');
  if ((kind === 'choice') !== Object.keys(choices).length > 1) {
    const message =
      kind === 'choice' ? 'should have two words or more' : 'only a question of kind choice has them';
    throw block.error(['choices'], message);
  }
  const keys = block.texts('key');
  if (keys.length === 0) throw block.error([], '"key" is missing: how the answer is computed');
  const queries = keys.map((text, index) => {
    try {
      return readQuery(text, kind, QUERIES);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw block.error(Array.isArray(block.value['key']) ? ['key', index] : ['key'], error.message);
    }
  });
  return {
    id,
    ask: block.text('ask'),
    kind,
    queries,
    hints: hintsOf(block),
    wrong: block.texts('wrong'),
    choices,
    points: block.count('points', POINTS),
    remark: block.text('then', ''),
    scenario:
      block.value['scenario'] === undefined ? front.scenario : scenarioOf(block.text('scenario'), block.file),
    set: { ...(block.value['scenario'] === undefined ? front.set : {}), ...block.map('set') },
    view: block.oneOf('view', VIEWS, front.view),
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

/**
 * Read a lesson.
 *
 * @throws {InputError} at the first thing that is wrong, with file, line, column and field
 */
export const loadLesson = (file: string): Lesson => parseLesson(readText(file), file);

/** The same, of a text. @param file the name for complaints */
export const parseLesson = (text: string, file: string): Lesson => {
  const lines = text.split('\n');
  const end = lines.indexOf('---', 1);
  if (lines[0] !== '---' || end < 0) {
    const message = `should begin with front matter: "---", then "format: ${LESSON_FORMAT}" and so on, then "---"`;
    throw new InputError(message, { file, line: 1, column: 1 });
  }
  const front = new Block(file, 2, lines.slice(1, end).join('\n'));
  const format = front.text('format');
  if (format !== LESSON_FORMAT)
    throw front.error(
      ['format'],
      `should be "${LESSON_FORMAT}", found "${format}": this program reads no other`,
    );
  front.refuseOthers(FRONT);
  const name = front.text('name');
  if (!/^[a-z0-9][a-z0-9.-]*$/u.test(name))
    throw front.error(['name'], `should be lower case, digits, dots and dashes; found "${name}"`);
  const reference: CaseReference = {
    scenario: scenarioOf(front.text('scenario'), file),
    set: front.map('set'),
    view: front.oneOf('view', VIEWS, 'analyst'),
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
      prose.push(...lines.slice(index, (fence?.to ?? index) + 1));
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
    name,
    title: front.text('title'),
    slides: front.text('slides', ''),
    parts,
    questions,
  };
};
