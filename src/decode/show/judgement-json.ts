// What a report is filed under, as JSON.

import type { TypeOf } from '../../base/form.js';
import { commandsOf } from '../judge/commands.js';
import type { Consequence } from '../judge/consequences.js';
import type { Filed } from '../judge/filed.js';
import { groupsOf } from '../judge/groups.js';
import type { Judgement } from '../judge/judgement.js';
import type { KernelReport } from '../read/report.js';
import type { consequenceForm, groupsForm } from './judgement-form.js';
import { placeJson } from './structures-json.js';

/** The fields of a report. */
export const judgementJson = (report: KernelReport, judgement: Judgement) => ({
  title: judgement.title,
  alternativeTitles: judgement.alternativeTitles,
  class: judgement.class,
  classSure: judgement.sure,
  module: judgement.module ?? null,
  subsystem: judgement.subsystem ?? null,
  guilty: judgement.guilty === undefined ? null : placeJson(judgement.guilty),
  skipped: judgement.skipped,
  signature: judgement.signature,
  commands: commandsOf(report, judgement.guilty),
});

/** Of which report another came. */
export const consequenceJson = (found: Consequence | undefined): TypeOf<typeof consequenceForm> =>
  found === undefined ? null : { report: found.of, sure: found.sure, because: found.because };

/** The groups of a document. */
export const groupsJson = (filed: readonly Filed[]): TypeOf<typeof groupsForm> =>
  groupsOf(filed).map(({ first, last, ...group }) => ({
    ...group,
    first: first ?? null,
    last: last ?? null,
  }));
