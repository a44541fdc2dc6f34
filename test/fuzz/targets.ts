// The readers of a campaign, by their names in test/corpus/.
import { caseFolder, image } from './case-targets.js';
import { argumentList, library, source } from './command-targets.js';
import { progress, serveRequest, shard } from './document-targets.js';
import { object, recording, scenario, snippet } from './guest-targets.js';
import { crashCommands, expression, stepScript } from './prompt-targets.js';
import { decode, lesson } from './report-targets.js';
import type { Target } from './target.js';

/** All, by the name of their reader. */
export const TARGETS: Readonly<Record<string, Target>> = {
  scenario, snippet, recording, object, decode, lesson, 'crash-commands': crashCommands, expression, 'step-script': stepScript, shard, progress,
  'serve-request': serveRequest, library, arguments: argumentList, source, case: caseFolder, image,
}; // prettier-ignore
