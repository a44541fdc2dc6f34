// `oopslab lesson`: courses with questions whose answers are computed from the run.

import { dirname, isAbsolute, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { InputError } from '../base/errors.js';
import { isThere } from '../base/read-file.js';
import { linesOf } from '../base/read-stream.js';
import { CaseBook } from '../lesson/case-book.js';
import { Course } from '../lesson/course.js';
import { gradeLesson } from '../lesson/grade.js';
import { type Lesson, loadLesson } from '../lesson/lesson.js';
import { questionKey } from '../lesson/lesson-key.js';
import { findLesson } from '../lesson/shelf.js';
import { lessonTemplate } from '../lesson/template.js';
import { programName } from '../base/program-name.js';
import { createFile, refuseUnwritable } from '../base/replace-file.js';
import { shellWord, wrap } from '../base/words.js';
import { defined } from '../base/defined.js';
import { replay } from '../run/replay.js';
import { loadScenario } from '../scenario/scenario.js';
import type { Answer } from './command.js';
import { nextAfter, showList } from './lesson-list.js';
import { keep, writableProgress } from './lesson-progress.js';
import { type LibraryOptions, librariesOf, DEFAULT_SCENARIO } from './options.js';
import { EXIT, type Io } from './output.js';
import { readScript } from './script-input.js';

interface Options extends LibraryOptions {
  readonly answers?: true;
  readonly script?: string;
  readonly new?: string;
  readonly scenario?: string;
  readonly reset?: true;
  readonly json?: true;
}

const MAX_WIDTH = 100;

const widthOf = ({ stdout }: Io): number => Math.min(MAX_WIDTH, Math.max(40, stdout.columns || MAX_WIDTH));

// --- key, new ------------------------------------------------------------------------------------------------

const showAnswers = (io: Io, lesson: Lesson, book: CaseBook): Answer => {
  const questions = gradeLesson(lesson, book).map(questionKey);
  const width = widthOf(io);
  const lines = questions.flatMap(({ id, ask, key, answers, why, hints, wrong }, index) => [
    ...wrap(`${index + 1}. ${ask}`, width),
    ...wrap(`Right: ${answers.join(', ')}`, width, '   ', '     '),
    `   Key (${id}): ${key.join('; ')}`,
    ...why.flatMap((text) => wrap(text, width, '   because ', '     ')),
    ...hints.flatMap(({ text, cost }) => wrap(`Hint (${cost}): ${text}`, width, '   ', '     ')),
    ...wrong.flatMap(({ answer, reason }) => wrap(`Wrong: ${answer}. ${reason}`, width, '   ', '     ')),
    '',
  ]);
  const title = `${lesson.title}: the key, computed from ${lesson.scenario}`;
  return {
    json: () => ({ lesson: lesson.name, questions }),
    text: () => [title, '', ...lines].join('\n').trimEnd(),
  };
};

const makeNew = (
  io: Io,
  name: string,
  { scenario = DEFAULT_SCENARIO, library }: Options,
  libraries: readonly string[],
): void => {
  if (!/^[a-z0-9][a-z0-9.-]*$/u.test(name))
    throw new InputError(`should be lower case, digits, dots and dashes; found "${name}"`, {
      field: '--new',
    });
  const folder = library[0] === undefined ? '' : join(library[0], 'lessons');
  const file = folder !== '' && isThere(folder) ? join(folder, `${name}.md`) : `${name}.md`;
  if (isThere(file))
    throw new InputError('is there already, and stays as it is; choose another name', { file });
  refuseUnwritable(file);
  const recording = replay(loadScenario(scenario, libraries), { libraries });
  // A path is meant from the lesson's folder.
  const isPath = /[/\\]|\.ya?ml$/u.test(scenario) && !isAbsolute(scenario);
  const named = isPath ? relative(dirname(file), scenario).replaceAll('\\', '/') || '.' : scenario;
  const reference = isPath && !named.includes('/') ? `./${named}` : named; // a bare one would be a name
  createFile(file, lessonTemplate(name, reference, recording, libraries), 'choose another name');
  // A bare name would be one of the list; a path with a folder, or an absolute one, works as it is.
  const path = /[/\\]/u.test(file) ? file : `./${file}`;
  const shown = shellWord(path.startsWith('-') ? `./${path}` : path);
  io.note(
    `${file} is a lesson with comments; ${programName()} lesson ${[shown, ...library.map((one) => `--library ${shellWord(one)}`)].join(' ')} takes it`,
  );
};

// --- taking one ----------------------------------------------------------------------------------------------------

// Lines of a file or a pipe are answers; at a terminal a prompt asks for them.
const takeLesson = async (
  io: Io,
  lesson: Lesson,
  book: CaseBook,
  libraries: readonly string[],
): Promise<Answer> => {
  const kept = writableProgress(io);
  const terminal = io.stdin.isTTY === true;
  let exit: number = EXIT.asExpected;
  const course = new Course(lesson, book, {
    width: widthOf(io),
    pages: terminal,
    done: kept.progress[lesson.name] ?? {},
    ...defined({ next: nextAfter(lesson, kept.progress, libraries) }),
    write: (text) => io.print(`${text}\n`), // an empty last line is one
    onDone: (id, done) =>
      keep(kept, { ...kept.progress, [lesson.name]: { ...kept.progress[lesson.name], [id]: done } }),
  });
  course.start();
  if (course.ended) return {};
  if (!terminal) {
    for await (const line of linesOf(io.stdin)) {
      course.input(line);
      if (course.ended) break;
    }
    return {};
  }
  const lines = createInterface({ input: io.stdin, output: io.stdout, terminal, historySize: 100 });
  const prompt = (): void => {
    lines.setPrompt(course.waits === 'Enter' ? 'Enter goes on: ' : 'answer> ');
    lines.prompt();
  };
  lines.on('SIGINT', () => {
    io.print('');
    exit = EXIT.interrupted;
    lines.close();
  });
  prompt();
  for await (const line of lines) {
    course.input(line);
    if (course.ended) break;
    prompt();
  }
  lines.close();
  return { exit };
};

const scriptLines = async (io: Io, file: string): Promise<string[]> =>
  (await readScript(io, file))
    .split(/\r?\n/u)
    .map((line) => line.replace(/^\s*#.*$|\s#.*$/u, '').trim())
    .filter((line) => line !== '');

const playScript = async (
  io: Io,
  lesson: Lesson,
  book: CaseBook,
  file: string,
  json: boolean,
): Promise<Answer> => {
  const ids = new Set(lesson.questions.map(({ id }) => id));
  const course = new Course(lesson, book, {
    width: widthOf(io),
    pages: false,
    write: json ? () => undefined : (text) => io.print(`${text}\n`),
  });
  const lines = await scriptLines(io, file);
  course.start();
  for (const line of lines) {
    if (course.ended) break;
    const [, id, answer] = /^([a-z0-9-]+):\s+(.*)$/u.exec(line) ?? [];
    const named = id !== undefined && ids.has(id);
    if (named && !course.goTo(id))
      throw new InputError(`question ${id} is over, or "quit" came before it`, { file });
    const text = named ? answer! : line;
    if (!json) io.print(`answer> ${text}`);
    course.input(text);
  }
  const { have, of } = course.points;
  const results = lesson.questions.map(({ id }) => ({
    id,
    ...(course.results.get(id) ?? { right: false, wrong: 0, hints: 0, points: 0 }),
  }));
  const right = results.filter((one) => one.right).length;
  const text = (): string => `${right} of ${results.length} questions were answered right.`;
  return {
    json: () => ({ lesson: lesson.name, right: course.right, points: have, of, results }),
    ...(course.ended && course.right ? {} : { text }),
    exit: course.right ? EXIT.asExpected : EXIT.notAsExpected,
  };
};

const resetProgress = (io: Io, lesson: Lesson): void => {
  const kept = writableProgress(io);
  const { [lesson.name]: _gone, ...others } = kept.progress;
  keep(kept, others);
  io.note(`the progress in ${lesson.name} is gone`);
};

export const run = (io: Io, name: string | undefined, options: Options, command: Command) => {
  const modes = (['answers', 'script', 'reset', 'new'] as const).filter((one) => options[one] !== undefined);
  if (modes.length > 1) command.error(`give one of --${modes.join(' and --')}, not both`);
  if (options.scenario !== undefined && options.new === undefined) command.error('--scenario is for --new');
  const libraries = librariesOf(options);
  const json = options.json === true;
  if (options.new !== undefined) {
    if (name !== undefined) command.error('--new takes no other lesson');
    return makeNew(io, options.new, options, libraries);
  }
  if (name === undefined) {
    if (modes.length > 0) command.error(`--${modes[0]!} needs the name of a lesson`);
    return showList(io, libraries);
  }
  const lesson = loadLesson(findLesson(name, libraries));
  const book = new CaseBook(libraries);
  if (options.reset === true) return resetProgress(io, lesson);
  if (options.answers === true) return showAnswers(io, lesson, book);
  if (options.script !== undefined) return playScript(io, lesson, book, options.script, json);
  if (json) command.error('--json is for the list, --answers and --script');
  return takeLesson(io, lesson, book, libraries);
};
