// The readers of texts that people bring: kernel reports and lessons.
import { explainReport } from '../../src/decode/explain/explain.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { redactText } from '../../src/decode/judge/redact/redact-text.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { markdownOf } from '../../src/decode/show/block-markdown.js';
import { textOf } from '../../src/decode/show/block-text.js';
import { reportBlocks } from '../../src/decode/show/report-blocks.js';
import { decodeDocument } from '../../src/decode/show/report-document.js';
import { verdictOf } from '../../src/decode/show/verdict.js';
import { parseLesson } from '../../src/lesson/lesson.js';
import { exampleFacts } from '../helpers/report-example.js';
import { CARRIERS, LAYOUTS } from '../helpers/report-layouts.js';
import { KB, once, text, textual, type Target } from './target.js';

// --- decode -----------------------------------------------------------------------------------------------------------

const REPORTS = once(() =>
  LAYOUTS.flatMap((layout) =>
    Object.values(CARRIERS).map((carrier) => carrier(layout.format(exampleFacts(layout), layout.release))),
  ),
);
const DECODE_WORDS = [
  'BUG: ', 'WARNING: ', 'Oops: 0002 [#1] SMP', 'RIP: 0010:', 'RSP: 0018:', 'RAX: ', 'Code: ', 'Call Trace:', 'Modules linked in:', 'Stack:',
  '<IRQ>', '</IRQ>', '? ', '[<ffffffff8112b3db>]', 'general protection fault', 'kernel BUG at ', 'KASAN: ', 'UBSAN: ', 'INFO: task ', 'watchdog: ',
  'soft lockup', 'divide error', 'CR2: ', 'CPU: 3 PID: 1 Comm: ', 'Tainted: ', '---[ end trace ]---', '[cut here]', 'mce: ', 'rcu: ', '0f 0b', '<48>',
]; // prettier-ignore

let turn = 0;

export const decode: Target = {
  seeds: () => REPORTS(),
  mutate: textual(DECODE_WORDS, 12 * KB),
  quick: (input) => {
    const source = text(input);
    const shown = reportsOf(source).map((report) => {
      const explanation = explainReport(report);
      const judgement = judge(report, explanation);
      return {
        report,
        explanation,
        judgement,
        number: 1,
        verdict: verdictOf(report, explanation, judgement),
      };
    });
    turn += 1;
    const told = shown.flatMap((one) => [
      String(textOf(reportBlocks(one, true))),
      String(markdownOf(reportBlocks(one, false))),
    ]);
    if (turn % 16 === 0) told.push(redactText(source).text);
    return JSON.stringify(decodeDocument(null, shown)) + told.join('\n');
  },
  wholeOneIn: 400,
};

// --- lesson -----------------------------------------------------------------------------------------------------------

export const LESSON = `---
format: oopslab lesson 1
name: x
title: X
scenario: lookup-empty-slot
slides: 4
---

# Some *prose*

\`\`\`replay
bt -FF
oops
\`\`\`

\`\`\`question
id: a
ask: What?
kind: value
key: register rax
hints: [{ text: no, cost: 1 }]
wrong: ['0x1']
points: 5
remark: yes
\`\`\`
`;
const LESSON_WORDS = [
  'id: ', 'ask: ', 'kind: ', 'key: ', 'hints: ', 'wrong: ', 'points: ', 'remark: ', 'choices: ', 'choice', 'value', 'place', 'number', 'text', 'yes',
  'scenario: shm-close-bug', 'set: { prepath: /x }', '```replay', '```question', '```', '---', 'register rax', 'register rbx at shm_close+0xb', 'field sfd.id',
  'compare 1 2', 'lineage --value vma', 'dis shm_close', 'struct file', 'places of vma at shm_close+0xb', 'last write to sfd.id', '--set a=b', '--set __proto__=x',
]; // prettier-ignore

export const lesson: Target = {
  seeds: [LESSON],
  mutate: textual(LESSON_WORDS, 8 * KB),
  quick: (input) => {
    const { name, title, questions, parts } = parseLesson(text(input), 'x.md');
    return `${name} ${title} ${questions.length} ${parts.length}`;
  },
  wholeOneIn: 200,
};
