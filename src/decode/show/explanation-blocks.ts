// An explanation as blocks: the trap alone for the first screen, and all of it.

import { OOPS_REGISTERS } from '../../oops/fields.js';
import { hex16 } from '../../base/address.js';
import { usesOf } from '../../x86/disasm.js';
import type { Statement } from '../code/statement.js';
import type { Explanation } from '../explain/explain.js';
import type { ExplainedInstruction } from '../explain/listing.js';
import { GIVEN } from '../explain/register-statements.js';
import type { RegisterSet } from '../read/report.js';
import { type Block, filled } from './blocks.js';
import { typeSentences } from './type-words.js';
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
const MOST = { trap: 9, types: 8, code: 10, values: 6 } as const;
const BEFORE = 5; // instructions
const AFTER = 4;

const listed = (some: readonly ExplainedInstruction[]): string[] =>
  some.map(({ at, text, sure, current }) => `${current ? '>' : MARK[sure]} ${at.padEnd(24)} ${text}`);

const isAbout = (statement: Statement, name: string): boolean =>
  statement.about.kind === 'register' && statement.about.name === name;

/** The registers that the instruction at RIP reads, the bad one first. */
const readRegisters = ({ bad, instructions }: Explanation): string[] => {
  const bytes = instructions.find((one) => one.current)?.bytes;
  const uses = bytes === undefined ? undefined : usesOf(Buffer.from(bytes, 'hex'), 0n);
  const read = [
    ...(uses?.memory ?? []).flatMap(({ base, index }) => [base, index]),
    ...(uses?.registers ?? []).filter((one) => one.read).map(({ full }) => full),
  ];
  const known = new Set<string>(OOPS_REGISTERS);
  return [...new Set([bad?.register, ...read])].filter((name): name is string => known.has(name ?? ''));
};

// The verdict has the bad value and its origin; and of a value whose origin is known, the writer is in the origin.
const valueStatements = (explanation: Explanation, set: RegisterSet | undefined): Statement[] => {
  if (set === undefined) return [];
  return readRegisters(explanation).flatMap((name) => {
    const about = explanation.registers.filter((one) => isAbout(one, name));
    const holds = about.some(({ claim }) => claim.kind === 'holds');
    const isBad = explanation.bad?.register === name;
    return about.filter(({ claim }) => {
      if (claim.kind === 'written') return !holds && !isBad;
      return !(isBad && (claim.kind === 'looks-like' || claim.kind === 'holds'));
    });
  });
};

/** What the first screen shows of a trap: contradictions, the access and why it failed, the code, and the values in it. */
export const trapBlocks = (explanation: Explanation, set: RegisterSet | undefined): Block[] => {
  const { contradictions, trap, way, instructions, after } = explanation;
  const names = readRegisters(explanation)
    .map((name) => `${name} ${hex16(set?.values.get(name) ?? 0n)}`)
    .slice(0, set === undefined ? 0 : 4);
  return filled([
    {
      kind: 'sentences',
      title: trapTitle(explanation),
      items: sentencesOf(
        [
          ...contradictions,
          ...trap.filter(({ claim }) => explanation.bad === undefined || claim.kind !== 'bad-operand'),
          ...way,
        ],
        explanation.role,
      ),
      most: MOST.trap,
    },
    { kind: 'sentences', title: 'In C', items: typeSentences(explanation), most: MOST.types },
    {
      kind: 'fixed',
      title: `Code (${legend(explanation)})`,
      lines: [...listed(instructions.slice(-BEFORE - 1)), ...listed(after.slice(0, AFTER))],
      most: MOST.code,
    },
    {
      kind: 'sentences',
      title: names.length === 0 ? 'The values in it' : `The values in it: ${names.join(', ')}`,
      items: sentencesOf(valueStatements(explanation, set), explanation.role),
      most: MOST.values,
    },
  ]);
};

// Where there are types, a kernel has supplied the function already.
const gapNote = ({ gaps, types }: Explanation): string | undefined =>
  gaps.length === 0
    ? undefined
    : `The effects of code are reported ${GIVEN}: ${[...new Set(gaps)].join('; ')}.${types === undefined ? " --code supplies the function's bytes." : ''}`;

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
    { kind: 'sentences', title: 'In C', items: typeSentences(explanation) },
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
