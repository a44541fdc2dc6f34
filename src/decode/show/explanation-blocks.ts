// An explanation as blocks: the trap alone for the first screen, and all of it.

import { OOPS_REGISTERS } from '../../oops/fields.js';
import { hex16 } from '../../base/address.js';
import type { Statement } from '../code/statement.js';
import type { Explanation } from '../explain/explain.js';
import type { ExplainedInstruction } from '../explain/listing.js';
import { GIVEN } from '../explain/register-statements.js';
import type { RegisterSet } from '../read/report.js';
import { type Block, filled } from './blocks.js';
import { sentencesOf } from './sentences.js';

const MARK = { certain: ' ', likely: '~', possible: '?' } as const;

// Of an interrupted context, no instruction trapped.
const markWords = ({ instructions }: Explanation): string =>
  instructions.some(({ trapping }) => trapping) ? '> trapped' : '> where the CPU was';

const legend = (explanation: Explanation): string =>
  [
    ...(explanation.instructions.some(({ sure }) => sure !== 'certain')
      ? ['~ likely, ? possible: whether an instruction starts there']
      : []),
    markWords(explanation),
  ].join('; ');

const trapTitle = ({ trap }: Explanation): string =>
  trap.some(({ claim }) => claim.kind === 'interrupted') ? 'The interrupted context' : 'The trap';

// Printed lines of each part of the first screen; with titles and empty lines they are thirty.
const MOST = { trap: 9, code: 10, values: 6 } as const;
const BEFORE = 5; // instructions
const AFTER = 4;

const listed = (some: readonly ExplainedInstruction[]): string[] =>
  some.map(({ at, text, sure, current }) => `${current ? '>' : MARK[sure]} ${at.padEnd(24)} ${text}`);

const isAbout = (statement: Statement, name: string): boolean =>
  statement.about.kind === 'register' && statement.about.name === name;

const REGISTER = /%([a-z][a-z0-9]{1,4})/gu;

// `%eax` and `%al` are parts of rax. Source: Intel SDM vol. 1, 3.4.1
const whole = (name: string): string | undefined => {
  const numbered = /^r(\d{1,2})[dwb]?$/u.exec(name)?.[1];
  if (numbered !== undefined) return `r${numbered}`;
  const two = /^[re]?([a-d])[xlh]$/u.exec(name)?.[1];
  if (two !== undefined) return `r${two}x`;
  const pointer = /^[re]?(sp|bp|si|di)l?$/u.exec(name)?.[1];
  return pointer === undefined ? undefined : `r${pointer}`;
};

/** The registers that the trapping instruction names, the bad one first. */
const namedRegisters = ({ bad, instructions }: Explanation): string[] => {
  const trapping = instructions.find((one) => one.current)?.text ?? '';
  const names = [...trapping.matchAll(REGISTER)].map(([, name]) => whole(name!));
  const known = new Set<string>(OOPS_REGISTERS);
  return [...new Set([bad?.register, ...names])].filter(
    (name) => name !== undefined && known.has(name),
  ) as string[];
};

const valueSentences = (explanation: Explanation, set: RegisterSet | undefined): Statement[] => {
  if (set === undefined) return [];
  const names = namedRegisters(explanation);
  return names.flatMap((name) => explanation.registers.filter((one) => isAbout(one, name)));
};

/** What the first screen shows of a trap: contradictions, the access and why it failed, the code, and the values in it. */
export const trapBlocks = (explanation: Explanation, set: RegisterSet | undefined): Block[] => {
  const { contradictions, trap, way, instructions, after } = explanation;
  const names = namedRegisters(explanation)
    .map((name) => `${name} ${hex16(set?.values.get(name) ?? 0n)}`)
    .slice(0, set === undefined ? 0 : 4);
  return filled([
    {
      kind: 'sentences',
      title: trapTitle(explanation),
      items: sentencesOf([...contradictions, ...trap, ...way], explanation.role),
      most: MOST.trap,
    },
    {
      kind: 'fixed',
      title: `Code (${legend(explanation)})`,
      lines: [...listed(instructions.slice(-BEFORE - 1)), ...listed(after.slice(0, AFTER))],
      most: MOST.code,
    },
    {
      kind: 'sentences',
      title: names.length === 0 ? 'The values in it' : `The values in it: ${names.join(', ')}`,
      items: sentencesOf(valueSentences(explanation, set), explanation.role),
      most: MOST.values,
    },
  ]);
};

const gapNote = ({ gaps }: Explanation): string | undefined =>
  gaps.length === 0
    ? undefined
    : `The effects of code are reported ${GIVEN}: ${[...new Set(gaps)].join('; ')}. --code supplies the function's bytes.`;

/** All statements of an explanation. */
export const explanationBlocks = (explanation: Explanation): Block[] => {
  const { instructions, after, contradictions, code, trap, way, registers, stack } = explanation;
  const note = gapNote(explanation);
  return filled([
    {
      kind: 'fixed',
      title: `Instructions around it (${legend(explanation)})`,
      lines: [...listed(instructions), ...listed(after)],
    },
    { kind: 'sentences', title: 'The code', items: sentencesOf(code, explanation.role) },
    {
      kind: 'sentences',
      title: trapTitle(explanation),
      items: sentencesOf([...contradictions, ...trap, ...way], explanation.role),
    },
    {
      kind: 'sentences',
      title: 'What the registers can still tell',
      items: sentencesOf(registers, explanation.role),
    },
    {
      kind: 'sentences',
      title: 'What the stack can still tell',
      items: sentencesOf(stack, explanation.role),
    },
    ...(note === undefined ? [] : [{ kind: 'note', text: note } as const]),
  ]);
};
