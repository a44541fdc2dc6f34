// Code that is right has no finding: every control that is shipped, and random worlds of a repair that holds.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkedScenario } from '../../src/check/world/stale-parameter.js';
import { Case } from '../../src/reading/case.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { campaignWorlds, settingsOf } from '../helpers/campaign-worlds.js';
import { cases } from '../helpers/effort.js';

const CASES = readdirSync(new URL('../../cases', import.meta.url));
const CONTROLS = ['shm-close-control', 'slabinfo-control', ...CASES.map((name) => `${name}-control`)];

const findingsOf = (name: string): string[] =>
  new Case(replay(loadScenario(name))).findings.map(({ says }) => says);

describe('no finding has', () => {
  it.each(CONTROLS)('%s', (name) => {
    expect(findingsOf(name)).toEqual([]);
  });

  it('a mount that terminates its path first, in any world', () => {
    const scenario = checkedScenario(loadScenario('mount-arena')).with({
      variants: { cifs_build_path_to_root: 'terminate-first' },
    });
    for (const world of campaignWorlds(scenario, cases(40))) {
      const set = settingsOf(world);
      const { findings } = new Case(replay(scenario, { set }));
      expect(
        findings.map(({ says }) => says),
        JSON.stringify([...set]),
      ).toEqual([]);
    }
  });
});

it('each case of the casebook has the finding that it is about', () => {
  const kinds = (name: string): string[] => [
    ...new Set(new Case(replay(loadScenario(name))).findings.map(({ kind }) => kind)),
  ];
  expect(kinds('timer-list')).toEqual(['use-after-free']);
  expect(kinds('fence-file')).toEqual(['use-after-free']);
  expect(kinds('hdlc-buffers')).toEqual(['double-free', 'use-after-free']);
  expect(kinds('pipe-flags')).toEqual(['uninitialised']);
});
