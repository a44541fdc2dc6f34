// The process that the live page's runs happen in: what a snippet does to it, it does not do to the server.

import { OopslabError, type Where } from '../base/errors.js';
import { ofSystem } from '../base/system-error.js';
import { prepareEngine } from '../run/prepare-engine.js';
import { loadScenario } from '../scenario/scenario.js';
import { liveAnswer } from './live-answer.js';
import type { LiveAnswer } from './live-data.js';

/** What the process is started for. */
export interface ChildTask {
  readonly scenario: string;
  readonly libraries: readonly string[];
}

/** Its requests. */
export interface ChildOrder {
  readonly set: readonly (readonly [string, string])[];
  readonly length: number | null;
}

/** Its answers; the first says that it can take a request. */
export type ChildReply =
  | 'ready'
  | { readonly ok: true; readonly answer: LiveAnswer }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly where: Where };

const obey = (task: ChildTask, { set, length }: ChildOrder): ChildReply => {
  try {
    const scenario = loadScenario(task.scenario, task.libraries);
    const request = { set: new Map(set), length: length ?? undefined };
    return { ok: true, answer: liveAnswer(scenario, request, task.libraries) };
  } catch (thrown) {
    const error = ofSystem(thrown) ?? thrown;
    if (!(error instanceof OopslabError)) throw error;
    return { ok: false, code: error.code, message: error.message, where: error.where };
  }
};

await prepareEngine();
// The task comes first, then orders.
let task: ChildTask | undefined;
process.on('message', (message) => {
  if (task === undefined) task = message as ChildTask;
  else process.send?.(obey(task, message as ChildOrder));
});
process.on('disconnect', () => process.exit());
// Ctrl-C goes to the whole group: the server decides.
process.on('SIGINT', () => undefined);
process.send?.('ready' satisfies ChildReply);
