// `frees`: which objects the checked call frees that it did not allocate.

import type { Addr } from '../../base/address.js';
import { formatResult, saysFailure } from '../world/result-type.js';
import type { Frees } from '../world/subject.js';
import type { ReportScene } from '../scene/report-scene.js';
import { typeIn } from './comparison.js';
import type { ForeignFree, OwnFacts, Property, StepEnd, WatchedRun } from './property.js';

/** An object was freed that may not be, or not then. */
export interface WrongFree {
  readonly property: 'frees';
  /** The scenario's name of the object; undefined for one without. */
  readonly object: string | undefined;
  /** When it may be freed; undefined where the heap complains. */
  readonly may: Frees | undefined;
  /** Where the object begins; undefined where the heap names no address. */
  readonly address: Addr | undefined;
  /** What the heap or a stub complains about. */
  readonly finding?: string;
}

/** Whether a result says that the call failed; a type that cannot say so counts as success. */
export const hasFailed = ({ type }: Pick<WatchedRun, 'type'>, value: bigint): boolean =>
  saysFailure(type, value) === true;

/** Whether an object may be freed, or must be: `undefined` for either. */
export const mustFree = (when: Frees, failed: boolean): boolean | undefined => {
  switch (when) {
    case 'never':
      return false;
    case 'always':
      return true;
    case 'on success':
      return !failed;
    case 'on failure':
      return failed;
    case 'maybe':
      return undefined;
  }
};

/** Where an object of the scenario begins in the heap; `undefined` while it has no memory, as an empty text. */
export const startOf = ({ objects }: Pick<WatchedRun, 'objects'>, name: string): Addr | undefined => {
  const object = objects.get(name);
  return object === undefined || object.size === 0 ? undefined : object.address - BigInt(object.header);
};

// By address: an object can have two names, and the check may use either.
const nameOf = (run: WatchedRun, { address, object }: ForeignFree): string | undefined =>
  [...run.subject.frees.keys()].find((name) => startOf(run, name) === address) ?? object;

// The object that an address lies in, also in its middle.
const objectAround = ({ objects }: WatchedRun, address: Addr): string | undefined =>
  [...objects.values()].find(
    (one) => address >= one.address - BigInt(one.header) && address < one.address + BigInt(one.size),
  )?.name;

const wrongIn = (run: WatchedRun, { result }: StepEnd): WrongFree | undefined => {
  for (const free of run.foreign) {
    const object = nameOf(run, free);
    const may = (object === undefined ? undefined : run.subject.frees.get(object)) ?? 'never';
    // How a call ends that does not return, it is neither success nor failure.
    const isWrong =
      result?.kind === 'returned' ? mustFree(may, hasFailed(run, result.value)) === false : may === 'never';
    if (isWrong) return { property: 'frees', object, may, address: free.address };
  }
  const [finding] = run.findings;
  if (finding === undefined) return undefined;
  const [address] = /0x[0-9a-f]+/u.exec(finding) ?? [];
  const start = address === undefined ? undefined : BigInt(address);
  const object = start === undefined ? undefined : objectAround(run, start);
  return { property: 'frees', object, may: undefined, address: start, finding };
};

const WHEN: Readonly<Record<Frees, string>> = {
  never: 'it may not free that',
  'on success': 'it may do so on success only',
  'on failure': 'it may do so on failure only',
  always: 'it may do so',
  maybe: 'it may do so',
};

const says = (scene: ReportScene, { object, may, finding }: WrongFree): string => {
  const called = scene.subject.function;
  if (may === undefined) return `${called}() frees something it may not: ${finding ?? 'the heap complains'}.`;
  const what = object ?? 'an object without a name';
  const { returned } = scene.step;
  const ended =
    returned === null || may === 'never'
      ? ''
      : `, and returns ${formatResult(typeIn(scene), BigInt(returned))}`;
  return `${called}() frees ${what}, which it did not allocate${ended}: ${WHEN[may]}.`;
};

/** The call frees what it did not allocate only when the scenario says so, and nothing twice. */
export const frees: Property<WrongFree> = {
  name: 'frees',
  breaks: 'frees what it may not free',
  judge: (run, end) =>
    end.phase !== 'checked' || (run.foreign.length === 0 && run.findings.length === 0)
      ? undefined
      : wrongIn(run, end),
  report: (scene, violation): OwnFacts => {
    const { address, finding } = violation;
    const free = address === undefined ? undefined : scene.frees.find((one) => one.address === address);
    const found = finding === undefined ? undefined : scene.findingAt(finding);
    const at = found ?? free?.at;
    return {
      kind: finding?.startsWith('double free') === true ? 'double-free' : 'bad-free',
      says: says(scene, violation),
      step: scene.subject.step,
      trace: at === undefined ? [] : scene.callersOfStub(at),
      allocation:
        address === undefined
          ? null
          : (scene.allocationAround(address, at ?? scene.step.to)?.report() ?? null),
      finding: finding ?? null,
      ...(address === undefined || free === undefined ? {} : { ended: scene.returnedText() }),
    };
  },
};
