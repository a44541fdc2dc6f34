// Why mutants survive: what a machine found, the reviewed list in survivors.json, and the comparison with what a run found.

import { readFileSync } from 'node:fs';

const KINDS = ['equivalent', 'missed'];

/**
 * The reviewed reasons by mutant: `equivalent`, no world of the scenario could tell it from a right version; `missed`, some
 * could.
 *
 * @throws {Error} when a mutant has two
 */
export const readReasons = (file) => {
  const document = JSON.parse(readFileSync(file, 'utf8'));
  const reasons = new Map();
  for (const kind of KINDS) {
    for (const { reason, mutants } of document[kind]) {
      for (const id of mutants) {
        if (reasons.has(id)) throw new Error(`survivors.json has ${id} twice`);
        reasons.set(id, { kind, reason });
      }
    }
  }
  return reasons;
};

// A verdict other than "holds" is no survivor; neither is an error, which says that the mutant was never tried.
const isKilled = ({ verdict }) => verdict === 'breaks' || verdict === 'flaky';

/**
 * Sort what a run found. A survivor without a reason counts as missed.
 *
 * @param results of the mutants that ran: `same` is the reason that a machine found
 * @param all every mutant that there is
 * @returns `problems`: a sentence for each survivor without a reason, each reason without a survivor, and each error
 */
export const classify = (results, reasons, all) => {
  const killed = results.filter(isKilled);
  const survivors = results
    .filter((one) => !isKilled(one))
    .map((one) => ({
      ...one,
      why: one.same === undefined ? reasons.get(one.id) : { kind: 'equivalent', reason: one.same },
    }));
  const known = new Set(all.map(({ id }) => id));
  const same = new Set(all.filter((one) => one.same !== undefined).map(({ id }) => id));
  const equivalent = survivors.filter(({ why }) => why?.kind === 'equivalent');
  const problems = [
    ...results
      .filter(({ verdict }) => verdict === 'error')
      .map(({ id, reason }) => `${id} was not tried: ${reason}`),
    ...survivors.filter(({ why }) => why === undefined).map(({ id }) => `${id} survives without a reason`),
    ...killed
      .filter((one) => one.same !== undefined)
      .map(({ id }) => `${id} is killed, and was taken for equivalent`),
    ...killed
      .filter(({ id }) => reasons.has(id))
      .map(({ id }) => `${id} is killed, and has a reason to survive`),
    ...[...reasons.keys()].filter((id) => !known.has(id)).map((id) => `${id} has a reason, and is no mutant`),
    ...[...reasons.keys()].filter((id) => same.has(id)).map((id) => `${id} has a reason, and needs none`),
  ];
  return {
    killed,
    survivors,
    equivalent,
    missed: survivors.filter((one) => !equivalent.includes(one)),
    problems,
  };
};
