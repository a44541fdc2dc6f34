// The ledger says from when on a value points to an object that is gone.
import { describe, expect, it } from 'vitest';
import { lineageOf } from '../../src/lineage/lineage.js';
import { staleSince } from '../../src/lineage/stale.js';
import { ledgerText } from '../../src/lineage/text.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';

const told = (name: string): readonly (readonly [name: string, since: number | undefined])[] => {
  const recording = replay(loadScenario(name));
  const staleAt = staleSince(recording);
  return lineageOf(recording)
    .values.map((value) => [value.name, staleAt(value)] as const)
    .filter(([, since]) => since !== undefined);
};

describe('a stale value', () => {
  it('is the timer that the list still has after its free, and nothing in the control', () => {
    const stale = told('timer-list');
    expect(stale.map(([name]) => name)).toContain('timer');
    const recording = replay(loadScenario('timer-list'));
    const free = recording.header.events.find(({ kind }) => kind === 'free')!;
    expect(new Set(stale.map(([, since]) => since))).toEqual(new Set([free.at]));
  });

  it('has a line of its own in the ledger', () => {
    const recording = replay(loadScenario('timer-list'));
    const lineage = lineageOf(recording);
    const values = lineage.values.filter(({ name }) => name === 'timer');
    const text = ledgerText(values, 0, staleSince(recording));
    expect(text).toMatch(/^ {2}! stale from step \d+ on: what it points to is freed$/mu);
    expect(ledgerText(values, 0, () => undefined)).not.toContain('stale');
  });
});
