// A crash for a site: its page, and what the first page says of it.

import { DEFAULT_RELEASE } from '../release/default-release.js';
import { openSnippets } from '../release/snippet-source.js';
import { formatOutcome } from '../recording/outcome.js';
import { pageData } from '../report/collect.js';
import { pageHtml } from '../report/html.js';
import { replay } from '../run/replay.js';
import { listScenarios, loadControl, loadScenario } from '../scenario/scenario.js';
import type { SiteCrash } from './site-data.js';

/** The scenarios of a site: those that say what is wrong in them, and have a control. @param first stands before the others */
export const crashNames = (first: string, libraries: readonly string[]): string[] => {
  const names = listScenarios(libraries)
    .map(({ name }) => name)
    .filter((name) => {
      const { cause, control } = loadScenario(name, libraries).spec;
      return cause !== undefined && control !== undefined;
    });
  return [...names.filter((name) => name === first), ...names.filter((name) => name !== first)];
};

/** A page with what is said of it. */
interface CrashPage {
  readonly crash: SiteCrash;
  readonly html: string;
}

/** Run a scenario and its control. */
export const crashPage = (name: string, libraries: readonly string[]): CrashPage => {
  const scenario = loadScenario(name, libraries);
  const control = loadControl(scenario, libraries);
  const recording = replay(scenario, { libraries });
  const other = control === undefined ? undefined : replay(control, { libraries });
  const data = pageData(recording, other, { libraries });
  const { title, claim, cause, release } = scenario.spec;
  const { outcome } = recording.header;
  const report = data.runs[0]?.oops?.text ?? null;
  // Its function, if a snippet of the shipped ones has it.
  const at = /\bR?IP: [^\n]*?\b([\w.]+)\+0x/u.exec(report ?? '')?.[1];
  const isShipped = release === DEFAULT_RELEASE && at !== undefined && openSnippets([]).names.includes(at);
  return {
    crash: {
      name,
      title,
      claim: claim ?? null,
      outcome: formatOutcome(outcome),
      cause: cause?.kind ?? null,
      source: cause?.source ?? null,
      file: `${name}.html`,
      report,
      code: isShipped ? at : null,
    },
    html: pageHtml(data, { recordings: other === undefined ? [recording] : [recording, other] }),
  };
};
