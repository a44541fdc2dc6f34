// `ends`: whether the checked call returns.

import type { CallResult } from '../../machine/machine.js';
import { formatOutcome } from '../../recording/outcome.js';
import { tellSurfacing } from '../../reading/surfacing.js';
import type { Outcome, RecordedStep } from '../../recording/recording.js';
import { REGISTER_INDEX } from '../../x86/registers.js';
import type { ReportFacts, ReportedInstruction } from '../scene/report-facts.js';
import type { ReportScene } from '../scene/report-scene.js';
import type { OwnFacts, Property } from './property.js';
import { gotNoMemory } from './shortage.js';

/** A call that did not end as it should. */
export interface BadEnd<Name extends string> {
  readonly property: Name;
  readonly result: CallResult;
}

const addressOf = (scene: ReportScene, { at }: { readonly at: string }): bigint | undefined =>
  scene.symbols.addressOf(at);

const KINDS: Readonly<Record<Outcome['kind'], string>> = {
  returned: 'no-null',
  bug: 'kernel-bug',
  fault: 'bad-access',
  budget: 'endless-run',
};

const trapKind = (outcome: Outcome): string =>
  outcome.kind === 'fault' && outcome.trap !== undefined
    ? outcome.trap.replaceAll(' ', '-')
    : KINDS[outcome.kind];

type EndFacts = Pick<ReportFacts, 'kind' | 'step' | 'instruction' | 'trace' | 'ended' | 'surfaced'>;

// How the last step of a recording ended: where, and what its stack shows.
const lastEnd = (scene: ReportScene): Pick<EndFacts, 'kind' | 'instruction' | 'trace'> => {
  const { recording, symbols } = scene;
  const { outcome } = recording.header;
  if (outcome.kind === 'returned') return { instruction: null, trace: [], kind: KINDS.returned };
  const address = addressOf(scene, outcome);
  const end = recording.instructions;
  const registers = scene.finalRegisters;
  const here =
    address !== undefined && registers[REGISTER_INDEX.rip] === address
      ? scene.callersFrom(end, address, registers[REGISTER_INDEX.rsp]!)
      : [];
  const isWild =
    outcome.kind === 'fault' &&
    (outcome.access === 'fetch' || (address !== undefined && symbols.findLocation(address) === undefined));
  return {
    instruction: address === undefined ? null : scene.instruction(address, end),
    trace: here,
    kind: isWild ? 'wild-jump' : trapKind(outcome),
  };
};

/** How a step of the recording ended, as facts of a report. */
export const endFacts = (scene: ReportScene, step: RecordedStep): EndFacts => {
  const { outcome, steps } = scene.recording.header;
  const end =
    step.returned === null && steps.at(-1) === step
      ? { ...lastEnd(scene), ended: formatOutcome(outcome) }
      : {
          instruction: null,
          trace: [],
          kind: KINDS.returned,
          ended: scene.returnedText(step),
        };
  return { ...end, step: step.step, surfaced: tellSurfacing(scene) };
};

/** Where and how a call ends that does not return, as part of a sentence. */
export const whereEnds = (kind: string, instruction: ReportedInstruction | null): string => {
  const at = instruction?.at ?? instruction?.address ?? 'an unknown place';
  switch (kind) {
    case 'endless-run':
      return `it goes round for ever through ${at}: all registers and all memory are again what they were. A CPU that is stuck there is a soft lockup.`;
    case 'wild-jump':
      return `it jumps to ${at}, where there is no code.`;
    case 'kernel-bug':
      return `it runs into a BUG() at ${at}.`;
    case 'invalid-opcode':
      return `it runs into an invalid opcode at ${at}, which no entry of the bug table explains.`;
    case 'divide-error':
      return `at ${at} it divides by zero, or the quotient does not fit.`;
    case 'breakpoint':
      return `it runs into a breakpoint at ${at}.`;
    case 'privileged-instruction':
    case 'software-interrupt':
      return `at ${at} it executes what no function does that the kernel calls: ${instruction?.text ?? 'nothing'}.`;
    default:
      return `the kernel traps at ${at}.`;
  }
};

/** The call returns, within its budget. */
export const ends: Property<BadEnd<'ends'>> = {
  name: 'ends',
  breaks: 'does not return to its caller',
  // A trap that comes of an allocation that failed is told by `allocation-failure`.
  judge: (run, { phase, result }) =>
    phase !== 'checked' ||
    result === undefined ||
    result.kind === 'returned' ||
    (result.kind !== 'budget' && gotNoMemory(run))
      ? undefined
      : { property: 'ends', result },
  report: (scene): OwnFacts => {
    const facts = endFacts(scene, scene.step);
    const says = `${scene.subject.function}() does not return: ${whereEnds(facts.kind, facts.instruction)}`;
    return { ...facts, says };
  },
};
