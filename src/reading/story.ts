// Tells what happened in a recording to a reader who does not know the case. Reads a recording only.

import { plural, wrap } from '../base/words.js';
import { formatOops } from '../oops/collect.js';
import { tellOutOfBounds } from './out-of-bounds-text.js';
import { RecordedState } from '../recording/state.js';
import type { Outcome, RecordedEvent, RecordedStep, Recording } from '../recording/recording.js';
import { formatSlabFinding, walkHeap } from '../kernel/slab.js';
import { tellSurfacing } from './surfacing.js';
import { Teller } from './teller.js';
import { reportOf } from '../recording/trap.js';

/** An outcome in a line. */
export const formatOutcome = (outcome: Outcome): string => {
  switch (outcome.kind) {
    case 'returned':
      return `returned ${outcome.value}`;
    case 'bug':
      return `BUG at ${outcome.at} (${outcome.file}:${outcome.line})`;
    case 'fault':
      return `fault at ${outcome.at}: ${outcome.access} of ${plural(outcome.size, 'byte')} at ${outcome.address}`;
    case 'budget':
      return `out of budget at ${outcome.at}, after ${outcome.instructions} instructions`;
  }
};

const tellEvent = (teller: Teller, event: RecordedEvent, index: number): string[] => {
  switch (event.kind) {
    case 'allocate': {
      const name = event.name ?? 'unnamed';
      return [`allocates ${name}: ${plural(event.requested, 'byte')} at ${event.address} (${event.cache})`];
    }
    case 'free': {
      const name = teller.nameAt(event.address, index);
      return [`frees ${name ?? 'an object'} at ${event.address} (${event.cache})`];
    }
    case 'host':
      return [event.what];
    case 'finding':
      return [`the heap finds: ${event.message}`];
    case 'call': {
      const values = event.arguments.map((value) => {
        const name = teller.nameAt(value, index);
        return name === null ? value : `${value} (${name})`;
      });
      return [`calls ${event.symbol}(${values.join(', ')})`];
    }
    default:
      return [];
  }
};

// How a call ended; a function that returns nothing leaves something in RAX all the same, which means nothing.
const tellReturn = ({ symbols }: Teller, { call, returned }: RecordedStep): string => {
  if (returned === null) return '; it does not return';
  const isVoid = call !== null && symbols.findSymbol(call)?.prototype?.returns === 'void';
  return isVoid ? '' : `; returns ${returned}`;
};

const tellStep = (teller: Teller, step: RecordedStep, number: number, width: number): string[] => {
  const { events } = teller.recording.header;
  const { from, to } = step.events;
  const did = events.slice(from, to).flatMap((event, index) => tellEvent(teller, event, from + index));
  const ran = teller.functions(step.from, step.to);
  const instructions = step.to - step.from;
  const lines = [
    ...did,
    ...(step.call === null
      ? []
      : [`${plural(instructions, 'instruction')} in ${ran.join(', ')}${tellReturn(teller, step)}`]),
  ];
  return [
    `${number}. ${step.step}`,
    ...(step.says === '' ? [] : wrap(step.says, width, '   ')),
    ...lines.flatMap((line) => wrap(line, width, '   - ', '     ')),
    ...tellOutOfBounds(teller, step).flatMap((line) => wrap(line, width, '   ! ', '     ')),
    '',
  ];
};

const tellVariants = (variants: Readonly<Record<string, string>>): string[] => {
  const lines = Object.entries(variants).map(
    ([name, variant]) => `  with ${name}.${variant} in place of ${name}`,
  );
  return lines.length === 0 ? [] : [...lines, ''];
};

// What a check of the whole heap finds at the end.
const tellHeap = ({ recording }: Teller): string[] =>
  walkHeap(new RecordedState(recording).end(), BigInt(recording.header.cacheChain)).findings.map(
    formatSlabFinding,
  );

/**
 * The story of a recording, in lines.
 *
 * @param width columns to wrap prose at
 */
export const tellStory = (recording: Recording, hash: string, width = 100): string[] => {
  const teller = new Teller(recording);
  const { header } = recording;
  const surfacing = tellSurfacing(teller);
  const heap = tellHeap(teller);
  const report = reportOf(recording);
  return [
    `${header.scenario}: ${header.title}`,
    '',
    ...(header.claim === '' ? [] : [...wrap(`The scenario's claim: ${header.claim}`, width), '']),
    ...Object.entries(header.parameters).map(([name, value]) => `  ${name} = ${value}`),
    ...(Object.keys(header.parameters).length === 0 ? [] : ['']),
    ...tellVariants(header.variants),
    ...header.steps.flatMap((step, index) => tellStep(teller, step, index + 1, width)),
    ...(surfacing.length === 0
      ? []
      : ['How it surfaced', ...surfacing.flatMap((line) => wrap(line, width, '  ')), '']),
    ...(heap.length === 0
      ? []
      : ['What a check of the heap finds', ...heap.flatMap((line) => wrap(line, width, '  ')), '']),
    `Outcome: ${formatOutcome(header.outcome)}`,
    ...(header.asExpected
      ? ['  as the scenario expects']
      : ['  not as the scenario expects:', ...header.unexpected.map((line) => `  - ${line}`)]),
    '',
    ...(report === undefined
      ? ['The kernel reports nothing.']
      : ['What the kernel reports:', '', ...formatOops(report).trimEnd().split('\n')]),
    '',
    `${plural(recording.instructions, 'instruction')} recorded; the recording's hash is ${hash}`,
  ];
};
