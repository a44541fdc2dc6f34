// `oopslab oops`: the kernel's report, exactly its lines.

import type { TypeOf } from '../base/form.js';
import type { oopsForm } from './forms.js';
import { type OopsReport, formatOops, oopsWords } from '../oops/collect.js';
import { type Provenance, countProvenance } from '../oops/words.js';
import { reportOf } from '../recording/trap.js';
import type { ScenarioOptions } from './options.js';
import { EXIT, type Io } from './output.js';
import { recordingOf } from './reference.js';

type OopsDocument = TypeOf<typeof oopsForm>;

const MARKS: Readonly<Record<Provenance, string>> = { computed: '^', carried: '~', given: ' ' };

const underline = (report: OopsReport, full: boolean): string => {
  const words = oopsWords(report, { full });
  const lines = formatOops(report, { full }).trimEnd().split('\n');
  const counts = countProvenance(words);
  let next = 0;
  const marked = lines.flatMap((line) => {
    const marks = line.replaceAll(/\S+/gu, (word) => {
      const { provenance } = words[next]!;
      next += 1;
      return MARKS[provenance].repeat(word.length);
    });
    return marks.trim() === '' ? [line] : [line, marks.trimEnd()];
  });
  return [
    ...marked,
    '',
    `^ computed: ${counts.computed} words made by executed code, by the CPU's delivery of the trap, or by a walk over guest memory`,
    `~ carried: ${counts.carried} words that were in the machine from the start and that no instruction wrote`,
    `  given: ${counts.given} words that the scenario states and the report prints, and the kernel's own text`,
  ].join('\n');
};

interface Options extends ScenarioOptions {
  readonly full?: true;
  readonly provenance?: true;
  readonly json?: true;
}

export const run = (io: Io, scenario: string | undefined, options: Options) => {
  const recording = recordingOf(scenario, options);
  const { scenario: name, outcome } = recording.header;
  const full = options.full === true;
  const provenance = options.provenance === true || options.json === true;
  const report = reportOf(recording, { provenance });
  if (report === undefined) {
    if (options.json !== true) io.note(`${name} ended without a report (outcome: ${outcome.kind})`);
    const none = { scenario: name, oops: null, counts: countProvenance([]), words: [] };
    return { json: () => none satisfies OopsDocument, exit: EXIT.notAsExpected };
  }
  const text = (): string => formatOops(report, { full });
  const document = (): OopsDocument => {
    const words = oopsWords(report, { full });
    return { scenario: name, oops: text(), counts: countProvenance(words), words };
  };
  return { json: document, text: options.provenance === true ? () => underline(report, full) : text };
};
