// An explanation in the three forms of output. Equal statements about several registers become one sentence.

import { hex } from '../../base/address.js';
import type { TypeOf } from '../../base/form.js';
import type { explanationForm, statementForm } from './form.js';
import { wrap } from '../../base/words.js';
import type { Explanation } from '../explain/explain.js';
import { GIVEN } from '../explain/register-statements.js';
import type { Statement, Subject } from '../code/statement.js';
import { isShared, sayClaim } from './claims.js';
import { plain } from './report-words.js';

/** The explanation of one report, in the three forms of output. */
export interface ExplanationPart {
  /** Becomes the field `explanation` of the report's JSON. */
  readonly json: TypeOf<typeof explanationForm>;
  readonly text: readonly string[];
  readonly markdown: readonly string[];
}

const WIDTH = 100;
const MARK = { certain: ' ', likely: '~', possible: '?' } as const;

// Addresses and values are "0x…" in JSON.
const jsonOf = (value: unknown): unknown => {
  if (typeof value === 'bigint') return hex(BigInt.asUintN(64, value));
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null) return value;
  // A distance has a sign, a value has none.
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === 'plus' && typeof one === 'bigint' ? Number(BigInt.asIntN(64, one)) : jsonOf(one),
    ]),
  );
};

const aboutOf = (subject: Subject): string =>
  subject.kind === 'register'
    ? subject.name
    : subject.kind === 'stack'
      ? `stack[${subject.index}]`
      : subject.kind;

const statementJson = ({ about, sure, claim, because }: Statement): TypeOf<typeof statementForm> => ({
  about: aboutOf(about),
  sure,
  says: sayClaim(claim, [about]),
  claim: jsonOf(claim) as TypeOf<typeof statementForm>['claim'],
  because,
});

const keyOf = ({ sure, claim, because }: Statement): string =>
  JSON.stringify(jsonOf({ sure, claim, because }));

/** Statements as sentences; equal ones about several registers become one. */
const sentences = (statements: readonly Statement[]): { sure: Statement['sure']; text: string }[] => {
  const groups = new Map<string, Statement[]>();
  for (const [index, statement] of statements.entries()) {
    const key = isShared(statement.claim) ? keyOf(statement) : `${index}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [statement]);
    else group.push(statement);
  }
  return [...groups.values()].map((group) => {
    const [{ sure, claim, because }] = group as [Statement, ...Statement[]];
    const reasons = because.filter((reason) => reason !== GIVEN);
    const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
    const subjects = group.map(({ about }) => about);
    return { sure, text: `${sayClaim(claim, subjects)}${why}` };
  });
};

const sectionsOf = (explanation: Explanation): { title: string; statements: readonly Statement[] }[] =>
  [
    { title: 'The code', statements: explanation.code },
    { title: trapTitle(explanation), statements: [...explanation.trap, ...explanation.way] },
    { title: 'What the registers can still tell', statements: explanation.registers },
    { title: 'What the stack can still tell', statements: explanation.stack },
  ].filter(({ statements }) => statements.length > 0);

const gapNote = ({ gaps }: Explanation): string | undefined =>
  gaps.length === 0
    ? undefined
    : `The effects of code are reported ${GIVEN}: ${[...new Set(gaps)].join('; ')}. --code supplies the function's bytes.`;

const instructionLines = ({ instructions }: Explanation): string[] =>
  instructions.map(({ at, text, sure, current }) => `${current ? '>' : MARK[sure]} ${at.padEnd(24)} ${text}`);

const MARKS = '~ likely, ? possible: whether an instruction starts there';

// Of an interrupted context, no instruction trapped.
const listingWords = ({ instructions }: Explanation): { title: string; marks: string } =>
  instructions.some(({ trapping }) => trapping)
    ? { title: 'Instructions up to the trap', marks: `${MARKS}; > trapped` }
    : { title: 'Instructions up to where the CPU was', marks: `${MARKS}; > RIP` };

const trapTitle = ({ trap }: Explanation): string =>
  trap.some(({ claim }) => claim.kind === 'interrupted') ? 'The interrupted context' : 'The trap';

const textOf = (explanation: Explanation): string[] => {
  const note = gapNote(explanation);
  const { title: listing, marks } = listingWords(explanation);
  const lines = instructionLines(explanation);
  return [
    ...(lines.length === 0 ? [] : [`  ${listing} (${marks})`, ...lines.map((line) => `    ${line}`), '']),
    ...sectionsOf(explanation).flatMap(({ title, statements }) => [
      `  ${title}`,
      ...sentences(statements).flatMap(({ sure, text }) =>
        wrap(text, WIDTH, `    ${sure.padEnd(9)}`, ' '.repeat(13)),
      ),
      '',
    ]),
    ...(note === undefined ? [] : [...wrap(note, WIDTH, '  ', '  '), '']),
  ].slice(0, -1);
};

const markdownOf = (explanation: Explanation): string[] => {
  const note = gapNote(explanation);
  const { title: listing, marks } = listingWords(explanation);
  const lines = instructionLines(explanation);
  return [
    ...(lines.length === 0 ? [] : [`**${listing}** (${marks})`, '', '```', ...lines, '```', '']),
    ...sectionsOf(explanation).flatMap(({ title, statements }) => [
      `**${title}**`,
      '',
      ...sentences(statements).map(({ sure, text }) => `- _${sure}_: ${plain(text)}`),
      '',
    ]),
    ...(note === undefined ? [] : [plain(note), '']),
  ].slice(0, -1);
};

/** An explanation as text, Markdown and JSON; `undefined` when there is nothing to say. */
export const outputOf = (explanation: Explanation): ExplanationPart | undefined => {
  const { decodecode, instructions, code, trap, way, registers, stack, gaps } = explanation;
  const text = textOf(explanation);
  if (text.length === 0 && decodecode === undefined) return undefined;
  const part = (statements: readonly Statement[]) => statements.map(statementJson);
  return {
    text,
    markdown: markdownOf(explanation),
    json: {
      decodecode: decodecode ?? null,
      instructions: [...instructions],
      code: part(code),
      trap: part(trap),
      way: part(way),
      registers: part(registers),
      stack: part(stack),
      gaps: [...gaps],
    },
  };
};
