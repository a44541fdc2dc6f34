// What decode says of a word: a name, and sentences with how sure each is.

import { type Instruction, type Report, type Statement, explainedSet } from './decoded.js';
import { type About, instructionAt } from './report-words.js';

/** A sentence; without `sure` a fact of the text. */
export interface Fact {
  readonly sure?: Statement['sure'];
  readonly text: string;
}

/** What is said of a word. */
export interface WordFacts {
  readonly title: string;
  readonly facts: readonly Fact[];
}

const factOf = ({ sure, says, because }: Statement): Fact => ({
  sure,
  text: because.length === 0 ? says : `${says}: ${because.join('; ')}`,
});

const about = (report: Report, name: string): Fact[] =>
  [...(report.explanation?.registers ?? []), ...(report.explanation?.stack ?? [])]
    .filter((one) => one.about === name)
    .map(factOf);

const ROLE = {
  trap: 'when the trap came',
  interrupted: 'where the CPU was interrupted',
  user: 'in user mode',
} as const;

const registerFacts = (report: Report, name: string, index: number): WordFacts => {
  const set = report.registers[index]!;
  const value = set.values[name] ?? set.control[name] ?? set.selectors[name] ?? '';
  const { bad } = report.explanation ?? {};
  const first = explainedSet(report);
  const words = first === index ? report.stack.filter((word) => word.value === value).length : 0;
  return {
    title: `${name.toUpperCase()} = ${value}, ${ROLE[set.role]}`,
    facts: [
      ...(bad?.register === name ? [{ sure: bad.sure, text: `This is the bad value: ${bad.detail}` }] : []),
      ...(name === 'cr2' ? [{ text: 'The address of the last page fault' }] : []),
      ...(first === index ? about(report, name) : []),
      ...(words > 0 && BigInt(value || '0') > 0xffffn
        ? [{ text: `The printed stack has the same value ${words === 1 ? 'once' : `${words} times`}` }]
        : []),
    ],
  };
};

const instructionFacts = (report: Report, { at, text, sure, current, trapping }: Instruction): WordFacts => {
  const { trap = [], way = [], registers = [], stack = [] } = report.explanation ?? {};
  const said = [...(current ? trap : []), ...way, ...registers, ...stack].filter(
    ({ says }) => current || says.includes(`${at} (`),
  );
  const shown = current ? trap : said;
  return {
    title: `${at}  ${text}`,
    facts: [
      ...(trapping ? [{ text: 'The instruction that trapped' }] : []),
      ...(sure === 'certain' ? [] : [{ sure, text: 'An instruction starts here' }]),
      ...shown.map(factOf),
    ],
  };
};

const entryFacts = (report: Report, trace: number, index: number): WordFacts => {
  const entry = report.traces[trace]!.entries[index]!;
  const skipped = report.skipped.find(({ symbol }) => symbol === entry.symbol);
  const isGuilty = report.guilty?.symbol === entry.symbol;
  const size =
    entry.size === null || entry.size === undefined ? '' : ` of 0x${entry.size.toString(16)} bytes`;
  return {
    title: entry.symbol ?? 'an address without a name',
    facts: [
      ...(isGuilty
        ? [{ text: 'The guilty frame: the first that is not reporting, a helper, locking or entry code' }]
        : []),
      ...(skipped === undefined ? [] : [{ text: `Not the guilty frame: ${skipped.why}` }]),
      {
        text: entry.reliable
          ? `A frame: it returns to byte ${entry.offset ?? 0}${size}`
          : 'The ? says that the address was found on the stack and is no frame for sure',
      },
      ...(entry.module === null || entry.module === undefined
        ? []
        : [{ text: `Of the module ${entry.module}` }]),
    ],
  };
};

const filedWords = ({ class: slug, classSure, subsystem }: Report): string => {
  const sure = classSure === 'certain' ? '' : ` (${classSure})`;
  return `Filed under ${slug}${sure}${subsystem === null ? '' : `, subsystem ${subsystem}`}`;
};

/** What is said of it. */
export const factsOf = (report: Report, word: About): WordFacts => {
  switch (word.kind) {
    case 'register':
      return registerFacts(report, word.name, word.set);
    case 'stack': {
      const { value } = report.stack[word.index]!;
      const holders = Object.entries(report.registers[0]?.values ?? {}).filter(([, one]) => one === value);
      const same = BigInt(value) > 0xffffn ? holders.map(([name]) => name.toUpperCase()) : [];
      return {
        title: `Word ${word.index} of the printed stack: ${value}`,
        facts: [
          ...about(report, `stack[${word.index}]`),
          ...(same.length === 0 ? [] : [{ text: `The same value is in ${same.join(', ')}` }]),
        ],
      };
    }
    case 'byte': {
      const found = instructionAt(report, word.index);
      if (found !== undefined) return instructionFacts(report, found);
      return {
        title: `Byte ${word.index} of the code`,
        facts: [{ text: 'Before the first instruction whose beginning could be found' }],
      };
    }
    case 'entry':
      return entryFacts(report, word.trace, word.entry);
    case 'rip': {
      const current = report.explanation?.instructions.find((one) => one.current);
      if (current !== undefined) return instructionFacts(report, current);
      return { title: report.registers[word.set]?.rip?.symbol ?? 'RIP', facts: [] };
    }
    case 'said':
      return {
        title: report.title,
        facts: [
          { text: filedWords(report) },
          ...(report.explanation?.trap ?? []).filter(({ claim }) => claim.kind === 'trap-means').map(factOf),
          ...report.contradictions.map(factOf),
        ],
      };
    case 'fault':
      return {
        title: 'What the processor and the page tables say of the fault',
        facts: (report.explanation?.trap ?? []).map(factOf),
      };
    case 'taint': {
      const meaning = report.taint?.meanings.find(({ letter }) => letter === word.letter)?.meaning;
      return { title: `Taint ${word.letter}`, facts: meaning === undefined ? [] : [{ text: meaning }] };
    }
    case 'task':
      return {
        title: `The task ${report.comm ?? ''}`,
        facts: [
          {
            text: `It ran when this happened${report.cpu === null ? '' : `, on CPU ${report.cpu}`}; it need not be what damaged the memory`,
          },
        ],
      };
  }
};
