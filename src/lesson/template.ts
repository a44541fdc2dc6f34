// A starting point for a new lesson: questions that the run of its scenario answers, with comments.

import { LessonCase } from './case.js';
import type { Recording } from '../recording/recording.js';
import type { View } from '../lineage/state.js';
import { LESSON_FORMAT } from './block-form.js';
import { registerAt } from './reasons.js';

const question = (fields: readonly string[]): string => ['```question', ...fields, '```', ''].join('\n');

const comment = (text: string): string => `<!-- ${text} -->\n`;

// An analyst's view of code of which nothing was published would be empty: what happened is the one to ask about.
const viewOf = (recording: Recording, libraries: readonly string[]): View => {
  const which = new LessonCase(recording, 'analyst', libraries);
  const rip = registerAt(which, which.last, 'rip');
  const name = which.symbols.findLocation(rip)?.symbol.name;
  const ranges = name === undefined ? [] : (which.release?.findSnippet(name)?.manifest.ranges ?? []);
  return ranges.some(({ kind }) => kind !== 'reconstructed') ? 'analyst' : 'run';
};

// A value of the last call that can still be found.
const placeQuestion = (which: LessonCase): string => {
  const state = which.last;
  const from = which.callOf(state)?.from ?? 0;
  const own = new Set(which.lineage.valuesBetween(from, state, true).map(({ name }) => name));
  const known = which.lineage
    .knownAt(state)
    .find(({ value, places }) => places.length > 0 && own.has(value.name) && !/\s/u.test(value.name));
  if (known === undefined) return '';
  const { name } = known.value;
  return `${comment('A place question: registers, stack slots and fields that hold the value all count.')}
${question([
  'id: place',
  `ask: Where is ${name} at that moment?`,
  'kind: place',
  `key: place of ${name}`,
  'hints:',
  `  - { text: "oopslab lineage --value '${name}'", cost: 1 }`,
])}`;
};

const trapQuestion = ({ recording }: LessonCase): string => {
  const { outcome } = recording.header;
  if (outcome.kind !== 'bug' && outcome.kind !== 'fault') return '';
  return `${comment('An instruction question. Each wrong answer under "wrong" must get a reason: a test can play them.')}
${question([
  'id: trap',
  'ask: Which instruction trapped?',
  'kind: instruction',
  'key: trap',
  'hints:',
  '  - { text: Look at the RIP line., cost: 1 }',
  ...(outcome.at.includes('+') ? [`wrong: [${outcome.at.replace(/\+.*$/u, '')}+0x0]`] : []), // a wild one has no function
])}`;
};

/**
 * The text of a new lesson.
 *
 * @param scenario as the lesson is to name it
 */
export const lessonTemplate = (
  name: string,
  scenario: string,
  recording: Recording,
  libraries: readonly string[],
): string => {
  const view = viewOf(recording, libraries);
  const which = new LessonCase(recording, view, libraries);
  return `---
# Keep the first two lines. "scenario" is a name, or a path from this file.
format: ${LESSON_FORMAT}
name: ${name}
title: A lesson about ${recording.header.scenario}
scenario: ${JSON.stringify(scenario)}
# set: { parameter: value }   other values for its parameters
view: ${view.padEnd(23)} # run: what happened; analyst: what follows from the published bytes alone
---

# A lesson about ${recording.header.scenario}

Prose is Markdown. A second-level heading begins a page. Below, commands are run and their output is shown.

\`\`\`replay
replay
oops
\`\`\`

${comment('The key is computed from the run: name the question, never the answer. docs/lessons.md lists the queries.')}
${question([
  'id: outcome',
  'ask: How did the run end?',
  'kind: choice',
  'choices:',
  '  returned: the last call came back',
  '  bug: a BUG() stopped the kernel',
  '  fault: an access to memory that is not mapped',
  '  budget: it did not come to an end',
  'key: outcome',
])}
${trapQuestion(which)}
${placeQuestion(which)}
${comment('A value question.')}
${question(['id: rax', 'ask: What is in rax then?', 'kind: value', 'key: register rax', "wrong: ['1']"])}`.replaceAll(
    /\n{3,}/gu,
    '\n\n',
  );
};
