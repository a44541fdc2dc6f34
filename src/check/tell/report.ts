// Makes the report of a broken property from the recording of its counterexample. Values only: no text for people but
// the sentence that says what broke. The machine does not run here.
// Over 300 lines because each property fills the same fields in its own way.

import { hex } from '../../base/address.js';
import { formatText } from '../../scenario/parameters.js';
import type { Outcome, RecordedStep, Recording } from '../../recording/recording.js';
import { formatOutcome } from '../../reading/story.js';
import { tellSurfacing } from '../../reading/surfacing.js';
import { REGISTER_INDEX } from '../../x86/registers.js';
import { finalRegisters } from '../../recording/trap.js';
import { memoryRows } from './memory-rows.js';
import type {
  ReportedAccess,
  ReportedComparison,
  ReportedInstruction,
  ViolationReport,
} from './report-document.js';
import { type OwnAllocation, ReportScene } from './report-scene.js';
import { damageWords, endWords, leakWords, readerWords, resultWords } from './report-sentence.js';
import { victimOf } from './report-victim.js';
import type { Subject } from '../world/subject.js';
import type { BadAccess, Violation } from '../property/violation.js';

type Facts = Omit<ViolationReport, 'scenario' | 'candidate'>;
type Of<Name extends Violation['property']> = Extract<Violation, { property: Name }>;

const bytesText = (bytes: Uint8Array): string | null =>
  bytes.length === 0 ? null : Buffer.from(bytes).toString('hex');

const without: Omit<Facts, 'property' | 'kind' | 'says' | 'step'> = {
  instruction: null,
  trace: [],
  access: null,
  allocation: null,
  victim: null,
  memory: null,
  comparison: null,
  leaked: [],
  ended: null,
  finding: null,
  surfaced: [],
};

const distanceOf = (address: bigint, allocation: OwnAllocation | undefined): ReportedAccess['distance'] => {
  if (allocation === undefined) return null;
  const { start, requested } = allocation;
  const end = start + BigInt(requested);
  if (address < start) return { bytes: Number(start - address), side: 'left' };
  return address >= end
    ? { bytes: Number(address - end), side: 'right' }
    : { bytes: Number(address - start), side: 'inside' };
};

// Far from any allocation of the call's own nothing is said of one.
const FAR = 4096n;

const ownNear = (scene: ReportScene, address: bigint, at: number): OwnAllocation | undefined => {
  const found = scene.nearestOwn(address, at);
  if (found === undefined) return undefined;
  const end = found.start + BigInt(found.requested);
  return address < end + FAR && address + FAR >= found.start ? found : undefined;
};

const accessFacts = (
  scene: ReportScene,
  property: 'writes-inside' | 'inputs-unchanged' | 'reads-inside',
  bad: BadAccess,
): Facts => {
  const { access, pc, address, size } = bad;
  const at = scene.findAccess(pc, address, access) ?? scene.step.from;
  const victim = victimOf(scene, address, at);
  const allocation = victim.kind === 'input' ? undefined : ownNear(scene, address, at);
  const freed = allocation?.freed !== undefined && allocation.freed <= at;
  const instruction = scene.instruction(pc, at);
  const reported: ReportedAccess = {
    access,
    address: hex(address),
    size,
    old: bytesText(bad.old),
    new: bytesText(bad.now),
    distance: distanceOf(address, allocation),
  };
  const kind =
    victim.kind === 'input'
      ? 'write-to-input'
      : victim.kind === 'unmapped'
        ? 'wild-memory-access'
        : freed
          ? 'use-after-free'
          : victim.cache === null
            ? 'out-of-bounds'
            : 'slab-out-of-bounds';
  const madeNow = allocation?.report() ?? null;
  return {
    ...without,
    property,
    kind,
    says: damageWords(kind, instruction.at, reported, victim, scene.subject.function),
    step: scene.subject.step,
    instruction,
    trace: scene.callers(at),
    access: reported,
    allocation: madeNow === null || freed ? madeNow : { ...madeNow, freedBy: null },
    victim,
    memory: memoryRows(scene, at, address, size),
    surfaced: access === 'write' ? tellSurfacing(scene.teller) : [],
  };
};

// Somebody wrote to the caller's part of the stack: the last one that did.
const smashedFacts = (scene: ReportScene, address: bigint): Facts => {
  const at = scene.lastWrite(address);
  const rip = at === undefined ? undefined : scene.recording.registersAt(at)[REGISTER_INDEX.rip];
  const instruction = at === undefined || rip === undefined ? null : scene.instruction(rip, at);
  const { state } = scene.teller;
  const before = state.seek(scene.step.from).read(address, 1);
  const after = state.seek(scene.step.to).read(address, 1);
  const access: ReportedAccess = {
    access: 'write',
    address: hex(address),
    size: 1,
    old: bytesText(before),
    new: bytesText(after),
    distance: null,
  };
  return {
    ...without,
    property: 'writes-inside',
    kind: 'stack-smashed',
    says: `${instruction?.at ?? scene.subject.function} wrote into the stack frame of the caller, ${address - scene.subject.rsp + 8n} bytes above the return address: what the caller kept there is lost.`,
    step: scene.subject.step,
    instruction,
    trace: at === undefined ? [] : scene.callers(at),
    access,
    victim: {
      kind: 'stack',
      object: "the caller's stack frame",
      cache: null,
      field: null,
      fieldBefore: null,
      fieldAfter: null,
    },
  };
};

const addressOf = (scene: ReportScene, { at }: { readonly at: string }): bigint | undefined =>
  at.startsWith('0x') ? BigInt(at) : scene.teller.symbols.parseLocation(at);

const KINDS: Readonly<Record<Outcome['kind'], string>> = {
  returned: 'no-null',
  bug: 'kernel-bug',
  fault: 'bad-access',
  budget: 'endless-run',
};

// How the last step of a recording ended: where, and what its stack shows.
const endOf = (
  scene: ReportScene,
): {
  readonly instruction: ReportedInstruction | null;
  readonly trace: Facts['trace'];
  readonly kind: string;
} => {
  const { recording, teller } = scene;
  const { outcome } = recording.header;
  if (outcome.kind === 'returned') return { instruction: null, trace: [], kind: KINDS.returned };
  const address = addressOf(scene, outcome);
  const end = recording.instructions;
  const registers = finalRegisters(recording);
  const here =
    address !== undefined && registers[REGISTER_INDEX.rip] === address
      ? scene.callersFrom(end, address, registers[REGISTER_INDEX.rsp]!)
      : [];
  const isWild =
    outcome.kind === 'fault' &&
    (outcome.access === 'fetch' ||
      (address !== undefined && teller.symbols.findLocation(address) === undefined));
  return {
    instruction: address === undefined ? null : scene.instruction(address, end),
    trace: here,
    kind: isWild ? 'wild-jump' : KINDS[outcome.kind],
  };
};

const endFacts = (
  scene: ReportScene,
  property: 'ends' | 'allocation-failure' | 'readers',
  step: RecordedStep,
): Facts => {
  const { outcome } = scene.recording.header;
  const isLast = scene.recording.header.steps.at(-1) === step;
  const end = isLast && step.returned === null ? endOf(scene) : undefined;
  const ended =
    end === undefined
      ? step.returned === null
        ? null
        : `returned ${step.returned}`
      : formatOutcome(outcome);
  const kind = end?.kind ?? 'no-null';
  return {
    ...without,
    property,
    kind,
    says: endWords(property, kind, end?.instruction ?? null, ended, scene.subject.function),
    step: step.step,
    instruction: end?.instruction ?? null,
    trace: end?.trace ?? [],
    ended,
    surfaced: tellSurfacing(scene.teller),
  };
};

const readersFacts = (scene: ReportScene, { step: name, result, finding }: Of<'readers'>): Facts => {
  const step = scene.findStep(name);
  const facts = endFacts(scene, 'readers', step);
  const bad = result !== undefined && result.kind !== 'returned';
  const kind = bad ? facts.kind : 'damaged-heap';
  return {
    ...facts,
    kind,
    says: readerWords(name, bad ? facts.instruction : null, finding ?? null),
    ended: bad ? facts.ended : null,
    finding: finding ?? null,
  };
};

const textOf = (value: Uint8Array | bigint | undefined): string | null =>
  value === undefined ? null : typeof value === 'bigint' ? hex(value) : formatText(value);

const comparisonOf = ({ expected, found, why }: Of<'result' | 'same-twice'>): ReportedComparison => {
  let firstDifference: number | null = null;
  if (expected instanceof Uint8Array && found instanceof Uint8Array) {
    const length = Math.max(expected.length, found.length);
    let at = 0;
    while (at < length && expected[at] === found[at]) at += 1;
    firstDifference = at === length ? null : at;
  }
  return { expected: textOf(expected), found: textOf(found), firstDifference, why };
};

const resultFacts = (scene: ReportScene, violation: Of<'result' | 'same-twice'>): Facts => {
  const { property } = violation;
  const name = property === 'result' ? scene.subject.step : (scene.subject.again ?? scene.subject.step);
  const step = scene.findStep(name);
  const comparison = comparisonOf(violation);
  const { returned } = step;
  const own = scene.own.find(({ report }) => property === 'result' && report().address === returned);
  return {
    ...without,
    property,
    kind: property === 'result' ? 'wrong-result' : 'unstable-result',
    says: resultWords(property, comparison, scene.subject.function),
    step: name,
    allocation: own?.report() ?? null,
    comparison,
    ended: returned === null ? null : `returned ${returned}`,
  };
};

const leakFacts = (scene: ReportScene, { leaked, finding }: Of<'no-leak'>): Facts => {
  const reports = scene.own.filter(({ start }) => leaked.includes(start)).map(({ report }) => report());
  const { events } = scene.recording.header;
  const { from, to } = scene.step.events;
  const found = events.slice(from, to).find((event) => event.kind === 'finding');
  const rip = found === undefined ? undefined : scene.recording.registersAt(found.at)[REGISTER_INDEX.rip];
  return {
    ...without,
    property: 'no-leak',
    kind: leaked.length > 0 ? 'memory-leak' : 'bad-free',
    says: leakWords(reports, finding ?? null, scene.subject.function),
    step: scene.subject.step,
    trace:
      found === undefined || rip === undefined ? [] : [scene.place(rip, true), ...scene.callers(found.at)],
    leaked: reports,
    finding: finding ?? null,
  };
};

const factsOf = (scene: ReportScene, violation: Violation): Facts => {
  switch (violation.property) {
    case 'writes-inside':
    case 'inputs-unchanged':
    case 'reads-inside':
      return 'bad' in violation
        ? accessFacts(scene, violation.property, violation.bad)
        : smashedFacts(scene, violation.smashed);
    case 'ends':
    case 'allocation-failure':
      return endFacts(scene, violation.property, scene.step);
    case 'readers':
      return readersFacts(scene, violation);
    case 'result':
    case 'same-twice':
      return resultFacts(scene, violation);
    case 'no-leak':
      return leakFacts(scene, violation);
  }
};

/**
 * Report on a broken property.
 *
 * @param recording of the counterexample, as `keep` gives it: the same candidate and world that broke the property
 * @param subject what was checked
 * @param candidate its name
 * @throws {TypeError} when the recording is of another scenario
 */
export const reportViolation = (
  recording: Recording,
  subject: Subject,
  candidate: string,
  violation: Violation,
): ViolationReport => ({
  scenario: subject.scenario.name,
  candidate,
  ...factsOf(new ReportScene(recording, subject), violation),
});
