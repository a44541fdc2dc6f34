// Invariants of a scenario, checked in generated worlds: what breaks them, when, and what the report says.
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bringCandidate, variantOf } from '../../src/candidate/bring.js';
import { checkCandidate } from '../../src/check/run/check-candidate.js';
import { formatViolationReport } from '../../src/check/tell/report-text.js';
import { reportViolation } from '../../src/check/tell/report.js';
import { scenarioWith } from '../../src/check/watch/arena.js';
import { readSubject } from '../../src/check/world/subject.js';
import { replay } from '../../src/run/replay.js';
import type { InvariantSpec, StepSpec } from '../../src/scenario/form.js';
import { formatParameters } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { Folder, has } from '../helpers/candidate-tools.js';

const LIBRARY = fileURLToPath(new URL('../fixtures/check/other-functions', import.meta.url));
const folder = new Folder();
afterAll(() => folder.remove());

const plain = loadScenario('list-rotate', [LIBRARY]);
const INTACT: InvariantSpec = { list: { head: 'head', members: ['a', 'b', 'c'] } };

// The scenario without a trusted version: the invariants alone say what is right.
const scenarioOf = (invariants: readonly InvariantSpec[], later: Record<string, StepSpec> = {}) =>
  plain.with({
    steps: { ...plain.spec.steps, ...later },
    check: {
      function: 'list_rotate',
      step: 'rotate',
      writes: ['head', 'a', 'b', 'c'],
      invariants: [...invariants],
    },
  });

const check = (body: string, scenario: ReturnType<typeof scenarioOf>, name = 'rotate') => {
  const file = folder.write(
    `${name}.c`,
    `#include "oopslab.h"\nvoid list_rotate(struct list_head *head, int n)\n{\n${body}\n}\n`,
  );
  const brought = bringCandidate(file, {
    function: 'list_rotate',
    release: scenario.spec.release,
    libraries: [LIBRARY],
  });
  brought.saveAsLibrary(folder.path);
  const code = { name: variantOf(file), variants: { list_rotate: variantOf(file) } };
  const libraries = [folder.path, LIBRARY];
  const { verdict, property, counterexample } = checkCandidate(scenario, code, { runs: 200, libraries });
  const violation = counterexample?.violations.find((one) => one.property === 'invariants');
  if (violation === undefined) return { verdict, property, report: '' };
  const set = new Map(
    Object.entries(formatParameters(counterexample!.world)).map(([key, value]) => [key, String(value)]),
  );
  set.delete('stack'); // the check adds it
  const whole = scenarioWith(scenario, code);
  const report = reportViolation(replay(whole, { set, libraries }), readSubject(whole), code.name, violation);
  return { verdict, property, report: formatViolationReport(report).join('\n') };
};

const GOOD = `for (int i = 0; i < n && head->next != head; i++) {
	struct list_head *first = head->next;
	first->next->prev = head; head->next = first->next;
	first->prev = head->prev; first->next = head; head->prev->next = first; head->prev = first;
}`;

describe.skipIf(!has('gcc'))('invariants of a list', { timeout: 60_000 }, () => {
  it('hold for a function that moves entries', () => {
    expect(check(GOOD, scenarioOf([INTACT]))).toMatchObject({ verdict: 'holds' });
  });

  it('break where the order is stated and not kept', () => {
    const ordered: InvariantSpec = { list: { head: 'head', members: ['a', 'b', 'c'], ordered: true } };
    const { property, report } = check(GOOD, scenarioOf([ordered]));
    expect(property).toBe('invariants');
    expect(report.replaceAll('\n', ' ')).toContain(
      'the list head has b, c, a; it should have a, b, c (list-rotate.yaml:',
    );
  });

  it('break where an entry is lost, and the report names the instruction and the line of the invariant', () => {
    const { property, report } = check(
      'if (n == 3) {\n\thead->next->next->prev = head;\n\thead->next = head->next->next;\n}',
      scenarioOf([INTACT]),
      'loses',
    );
    expect(property).toBe('invariants');
    expect(report).toMatch(/^BUG: oopslab: broken-invariant in list_rotate\+/mu);
    expect(report).toContain('the list head has b, c; it should have a, b, c');
    expect(report).toMatch(/^Source: loses\.c:\d+$/mu);
    expect(report).toContain('The call: returned\n');
  });

  it('are looked at again after each later step', () => {
    const later = { 'take a': { do: [{ set: { 'head.next': '&b', 'b.prev': '&head' } }] } };
    const { property, report } = check('(void)head; (void)n;', scenarioOf([INTACT], later), 'nothing');
    expect(property).toBe('invariants');
    expect(report).toContain('When the step "take a" has ended, the list head has b, c');
  });
});
