// A recording's header is checked before anything uses it: a file may hold anything.

import { PAGE_SIZE, hex } from '../base/address.js';
import { findProblem, formatPath } from '../base/check-form.js';
import { findGivenProblem } from '../oops/given.js';
import { type RecordingHeader, headerForm } from './form.js';
import { pt_regs } from '../kernel/structs/task.js';

const PAGE = BigInt(PAGE_SIZE);

/** Levels of lists and maps that a header may have; a recorder writes five. */
const MAX_DEPTH = 16;

// Without recursion: this check bounds the depth for all other code.
const isTooDeep = (root: unknown): boolean => {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value as object) : [],
    );
  }
  return false;
};

/** The first problem of a header by itself, or `undefined`. */
export const findHeaderProblem = (header: unknown): string | undefined => {
  if (isTooDeep(header)) return `the header is nested deeper than ${MAX_DEPTH} levels`;
  const problem = findProblem(headerForm, header);
  if (problem !== undefined) {
    const field = problem.path.length === 0 ? '' : `'s field "${formatPath(problem.path)}"`;
    return `the header${field}: ${problem.message}`;
  }
  const given = findGivenProblem((header as RecordingHeader).given);
  return given === undefined ? undefined : `the header's field "given.${given.name}": ${given.message}`;
};

/** The first contradiction between the header and the run that it describes, or `undefined`. */
export const findRunProblem = (
  { steps, events, regions }: RecordingHeader,
  instructions: number,
): string | undefined => {
  let [lastTo, lastEvent] = [0, 0];
  for (const [index, step] of steps.entries()) {
    const inOrder = lastTo <= step.from && step.from <= step.to && step.to <= instructions;
    const eventsInOrder =
      lastEvent <= step.events.from && step.events.from <= step.events.to && step.events.to <= events.length;
    if (!inOrder || !eventsInOrder)
      return `the header's field "steps[${index}]" does not follow the one before, or ends after the run's ${instructions} instructions or ${events.length} events`;
    [lastTo, lastEvent] = [step.to, step.events.to];
  }
  const mapped = new Set<bigint>();
  for (const { start, size } of regions) {
    const first = BigInt(start) / PAGE;
    for (let page = first; page < first + BigInt(size) / PAGE; page += 1n) {
      if (mapped.has(page)) return `the header's field "regions" has ${hex(page * PAGE)} twice`;
      mapped.add(page);
    }
  }
  for (const [index, event] of events.entries()) {
    if (event.kind !== 'trap' || event.regs === null) continue;
    const first = BigInt(event.regs);
    if (!mapped.has(first / PAGE) || !mapped.has((first + BigInt(pt_regs.size) - 1n) / PAGE))
      return `the header's field "events[${index}].regs" is ${event.regs}, where the recording has no memory`;
  }
  return undefined;
};
