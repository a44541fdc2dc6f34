// The one orchestrator: scenario → world → machine → recording; or, without a recording, → verdict.

import { type Addr, hex } from '../base/address.js';
import type { EngineKind, EngineOptions } from '../machine/engine.js';
import { DEFAULT_ENGINE } from '../machine/engines.js';
import { checkExpectations } from '../scenario/expect.js';
import { Machine, type CallResult, type MachineOptions } from '../machine/machine.js';
import type { Memory } from '../kernel/memory.js';
import { formatParameters, readParameters } from '../scenario/parameters.js';
import type { HeapVariant } from './detector.js';
import { nameAllocations } from './allocation-names.js';
import { outcomeOf } from './outcome-of.js';
import { Recorder } from './recorder.js';
import {
  Recording,
  type NamedObject,
  type RecordedStep,
  type RecordingHeader,
} from '../recording/recording.js';
import { savedRegisters } from '../kernel/pt_regs.js';
import type { Scenario } from '../scenario/scenario.js';
import { codeStops } from '../release/code-stops.js';
import { refuseCode } from '../release/refused-code.js';
import { type Release, isShipped } from '../release/snippet.js';
import { type StepObserver, StepRunner, type StepsResult } from './steps.js';
import { type StubFinding, createStubs } from './stubs.js';
import type { PlacedObject } from '../scenario/values.js';
import { buildWorld, type World } from './world.js';
import { fetchCode } from '../x86/fetch.js';
import type { RegisterName } from '../x86/registers.js';

/** Options of a replay. */
export interface ReplayOptions {
  /** Parameter values as `--set` takes them. */
  readonly set?: ReadonlyMap<string, string>;
  /** Folders with user-supplied snippets. */
  readonly libraries?: readonly string[];
  /** The emulated CPU; that of OOPSLAB_ENGINE without it. */
  readonly engine?: EngineKind;
  /** What the scenario's `release(libraries)` gave before; reading it again takes longer than a short run. */
  readonly release?: Release;
  /** Another heap than the usual one, with what it tells. */
  readonly heap?: HeapVariant;
}

const named = ({ name, address, size, header, struct, cache, source }: PlacedObject): NamedObject => ({
  name,
  address: hex(address),
  size,
  header,
  struct,
  cache,
  source,
});

/**
 * A machine on a world, with the stubs of its release.
 *
 * @throws {InputError} when user-supplied code has an instruction that the engine does not run as a CPU does
 * @throws {LibraryError} when the engine cannot be loaded
 */
export const makeMachine = (
  world: World,
  {
    onFinding,
    engine = DEFAULT_ENGINE,
    ...options
  }: Partial<Pick<MachineOptions, 'observer' | 'engine'>> & EngineOptions & { onFinding?: StubFinding } = {},
): Machine => {
  const { memory, symbols, gsBase, snippets } = world;
  const limits = engine.limits();
  for (const snippet of snippets) if (!isShipped(snippet)) refuseCode(snippet, limits);
  const stubs = createStubs(world.stubs, { ...world, onFinding });
  const stops = codeStops(snippets, limits, (address) => fetchCode(memory, address));
  return new Machine({ memory, symbols, gsBase, stubs, engine, stops, ...options });
};

class StepRecorder implements StepObserver {
  readonly steps: RecordedStep[] = [];
  #from = 0;
  #firstEvent = 0;
  // Where objects with names began: the event, -1 for the world's, and where their allocations start.
  readonly #births = new Map<string, { readonly event: number; readonly start: string }>();
  readonly #frees = new Map<string, number>(); // the last event that freed an address

  constructor(
    private readonly recorder: Recorder,
    private readonly scenario: Scenario,
    world: readonly NamedObject[],
  ) {
    for (const { name, address, header, cache } of world)
      if (cache !== null) this.#births.set(name, { event: -1, start: hex(BigInt(address) - BigInt(header)) });
  }

  /** The event that was just recorded is a free. */
  freed(address: string): void {
    this.#frees.set(address, this.recorder.events.length - 1);
  }

  // The address of an object that is gone says nothing of who it was made for: somebody else may lie there.
  used(name: string, place: { readonly register?: RegisterName; readonly address?: Addr }): void {
    const birth = this.#births.get(name);
    if (birth === undefined || (this.#frees.get(birth.start) ?? -1) <= birth.event) return;
    const address = place.address === undefined ? null : hex(place.address);
    this.recorder.event({
      kind: 'stale',
      name,
      made: birth.event,
      register: place.register ?? null,
      address,
    });
  }

  stepStarts(): void {
    this.#from = this.recorder.instructions;
    this.#firstEvent = this.recorder.events.length;
  }

  called(symbol: string, _entry: Addr, argumentValues: readonly bigint[]): void {
    this.recorder.event({ kind: 'call', symbol, arguments: argumentValues.map(hex) });
  }

  did(what: string): void {
    this.recorder.event({ kind: 'host', what });
  }

  stepEnds(step: string, call: string | null, result: CallResult | undefined): void {
    const returned = result?.kind === 'returned' ? hex(result.value) : null;
    const says = this.scenario.spec.steps[step]?.says ?? '';
    const events = { from: this.#firstEvent, to: this.recorder.events.length };
    this.steps.push({
      step,
      says,
      call,
      from: this.#from,
      to: this.recorder.instructions,
      events,
      returned,
    });
  }

  // An allocation gets its name once it is known.
  named(name: string, address: Addr, struct: string | null): void {
    const { events } = this.recorder;
    const index = events.findLastIndex(
      (event) => event.kind === 'allocate' && event.address === hex(address),
    );
    const event = events[index];
    if (event?.kind === 'allocate' && event.name === null) events[index] = { ...event, name, struct };
    if (event !== undefined) this.#births.set(name, { event: index, start: hex(address) });
    else this.#births.delete(name);
  }
}

const watchHeap = (world: World, recorder: Recorder, steps: StepRecorder): void => {
  world.heap.observer = {
    onAllocate: ({ address, cache, objectSize, requested }) => {
      recorder.event({
        kind: 'allocate',
        address: hex(address),
        cache,
        objectSize,
        requested,
        name: null,
        struct: null,
      });
    },
    onFree: ({ address, cache }) => {
      recorder.event({ kind: 'free', address: hex(address), cache });
      steps.freed(hex(address));
    },
    onFinding: ({ kind, address, message }) =>
      recorder.event({ kind: 'finding', message, problem: kind, address: hex(address) }),
  };
};

// So that a reader of the recording needs neither the case nor its library.
const keptCode = ({ code }: Release): Pick<RecordingHeader, 'code'> =>
  code.length === 0
    ? {}
    : {
        code: {
          structs: Object.fromEntries(code.flatMap(({ structs }) => Object.entries(structs))),
          text: code.flatMap(({ text }) => text),
        },
      };

/**
 * Run a scenario once and keep everything.
 *
 * @throws {InputError} when the scenario or a parameter is wrong
 * @throws {LibraryError} when libunicorn cannot be loaded
 */
export const replay = (scenario: Scenario, options: ReplayOptions = {}): Recording => {
  const release = options.release ?? scenario.release(options.libraries);
  const parameters = readParameters(scenario, options.set);
  const world = buildWorld(scenario, release, parameters, options.heap?.plan);
  const { memory, symbols } = world;
  const objectsBefore = [...world.objects.values()].map(named);
  const recorder = new Recorder(memory);
  const steps = new StepRecorder(recorder, scenario, objectsBefore);
  watchHeap(world, recorder, steps);
  const { engine = DEFAULT_ENGINE } = options;
  using machine = makeMachine(world, {
    engine,
    observer: recorder,
    onFinding: (message) => recorder.event({ kind: 'finding', message }),
  });
  options.heap?.begin?.({
    world,
    machine,
    instructions: () => recorder.instructions,
    events: () => recorder.events.length,
  });
  const runner = new StepRunner(world, machine, parameters, steps);
  const last = runner.run();
  const data = recorder.finish(machine.registers);
  nameAllocations(release, data, recorder.events, runner.objects);
  const lastStep = steps.steps.at(-1);
  const instructions = lastStep === undefined ? 0 : lastStep.to - lastStep.from;
  const outcome = outcomeOf(last?.result, memory, symbols, instructions, engine);
  const unexpected = checkExpectations(
    runner.names,
    memory,
    registersOfInterest(last, memory, machine),
    outcome,
  );
  return new Recording(
    {
      scenario: scenario.name,
      title: scenario.spec.title,
      claim: scenario.spec.claim ?? '',
      release: release.name,
      parameters: formatParameters(parameters),
      variants: scenario.spec.variants ?? {},
      gsBase: hex(world.gsBase),
      cacheChain: hex(world.heap.cacheChain),
      symbols: symbols.all().map((symbol) => ({ ...symbol, address: hex(symbol.address) })),
      regions: memory.regions.map((region) => ({ ...region, start: hex(region.start) })),
      ...keptCode(release),
      given: scenario.spec.given ?? {},
      world: objectsBefore,
      objects: [...runner.objects.values()].map(named),
      steps: steps.steps,
      events: recorder.events,
      outcome,
      asExpected: unexpected.length === 0,
      unexpected,
    },
    data,
  );
};

// At a trap, the registers that it saved; otherwise those of the CPU.
const registersOfInterest = (
  last: StepsResult | undefined,
  memory: Memory,
  machine: Machine,
): BigUint64Array =>
  last?.result?.kind === 'trap' && last.result.trap.regs !== undefined
    ? savedRegisters(memory, last.result.trap.regs)
    : machine.registers;
