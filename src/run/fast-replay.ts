// Runs a scenario again and again without recording: prepared once, put back completely before each run.
// Over 300 lines because preparing, running and putting back share one state.

import type { Addr } from '../base/address.js';
import {
  type AccessObserver,
  type CpuContext,
  StartOver,
  VECTOR_REGISTERS,
  VECTOR_SIZE,
} from '../machine/engine.js';
import { type CallResult, DEFAULT_BUDGET, type Machine, type MachineObserver } from '../machine/machine.js';
import type { Memory } from '../kernel/memory.js';
import {
  type ParameterValue,
  type Parameters,
  formatParameters,
  readParameters,
} from '../scenario/parameters.js';
import type { Outcome } from '../recording/recording.js';
import { outcomeOf } from './outcome-of.js';
import { makeMachine, replay } from './replay.js';
import type { Scenario } from '../scenario/scenario.js';
import type { HeapObserver } from './allocator.js';
import { CodeTraps } from './code-traps.js';
import { PutBack } from './put-back.js';
import type { Request } from './ruled-allocations.js';
import type { Twist } from './unwritten.js';
import { type StepRange, type StepState, StepRunner, type StepsResult } from './steps.js';
import type { PlacedObject } from '../scenario/values.js';
import { type World, buildWorld } from './world.js';

/** Options of a fast replay. */
export interface FastReplayOptions {
  /** The step that each run starts with; those before it are done once. The scenario's first step without it. */
  readonly from?: string;
  /** Folders with user-supplied snippets. */
  readonly libraries?: readonly string[];
  /** Makes the watcher of the runs; without one nothing is called back. */
  readonly watcher?: (world: World) => Watcher;
  /** Sees every instruction of the runs; many times slower. */
  readonly observer?: (world: World) => MachineObserver;
  /**
   * Where blocks of code begin that have not run yet. A run that reaches one takes it out and starts over, so what is left
   * has not run. For runs without an observer.
   */
  readonly unseen?: Set<Addr>;
}

/** Watches a run, one step after the other. */
export interface Watcher {
  /** Which of the guest's accesses it sees. */
  readonly accesses: AccessObserver;
  /** A run begins, or starts over: earlier reports of it do not count. */
  begins(): void;
  /** The machine is there. */
  attached?(machine: Machine): void;
  /** The guest asked for memory; comes after `allocated`. @param site where its call returns to */
  requested?(request: Request, site: Addr): void;
  /** A step's own operations are done, and its call comes. `objects` are those of that moment. */
  calls(objects: ReadonlyMap<string, PlacedObject>): void;
  /** The heap gave out an object, to the guest or to a step. */
  allocated(address: Addr, requested: number): void;
  /** The heap took an object back. @param site where the guest's call returns to; 0 where it was not the guest */
  freed(address: Addr, site: Addr): void;
  /** The heap or a stub complained. */
  found(message: string): void;
  /** A step has ended. The run stops here when it gives false. */
  ended(step: string, result: CallResult | undefined): boolean;
}

/** How one run ended. */
export interface Verdict {
  /** The last step that ran; null when the scenario has none. */
  readonly step: string | null;
  /** How its call ended; `undefined` when it called nothing. */
  readonly result: CallResult | undefined;
  /** The same in the words of a recording. */
  readonly outcome: Outcome;
  /** The CPU at the end, in the order of REGISTERS; after a trap at the handler's first instruction. Valid until the next run. */
  readonly registers: BigUint64Array;
  /** What heap and stubs complained about, a sentence each. */
  readonly findings: readonly string[];
}

interface Start {
  readonly image: Uint8Array; // of all memory
  readonly names: StepState;
  readonly cpu: CpuContext;
  // How the steps before ended, where one of them did not return: then no run gets further.
  readonly ended: StepsResult | undefined;
  readonly registers: BigUint64Array;
  readonly findings: readonly string[];
}

const nothing = (): void => undefined;
const UNWATCHED = { stepStarts: nothing, stepEnds: nothing, did: nothing, named: nothing } as const;

const heapObserver = (
  onFinding: (message: string) => void,
  watcher: Watcher | undefined,
  siteOf: () => Addr,
): HeapObserver =>
  watcher === undefined
    ? { onFinding: ({ message }) => onFinding(message) }
    : {
        onFinding: ({ message }) => onFinding(message),
        onAllocate: ({ address, requested }) => watcher.allocated(address, requested),
        onFree: ({ address }) => watcher.freed(address, siteOf()),
      };

// Values that nothing else has, in the registers that belong to the user: a change is seen. Control words stay.
const markVectors = (machine: Machine): void => {
  machine.readVectors();
  const { vectors } = machine;
  for (const [index, name] of VECTOR_REGISTERS.entries()) {
    if (!name.startsWith('xmm') && !name.startsWith('st')) continue;
    for (let byte = 0; byte < VECTOR_SIZE; byte += 1)
      vectors[index * VECTOR_SIZE + byte] = 0x80 | (index * 7 + byte * 3);
  }
  machine.writeVectors();
};

// Prepared starts that are kept; preparing one more costs a few runs.
const MAX_STARTS = 16;

const bytesText = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? '' : Buffer.from(bytes).toString('latin1');

const textOf = (value: ParameterValue | undefined): string => {
  switch (value?.type) {
    case undefined:
      return '';
    case 'text':
      return bytesText(value.bytes);
    case 'contents':
      return `${value.text} ${bytesText(value.fill)}`;
    case 'int32':
    case 'choice':
      return String(value.value);
  }
};

const keyOf = (parameters: Parameters, names: readonly string[]): string =>
  names.length === 0 ? '' : JSON.stringify(names.map((name) => textOf(parameters.get(name))));

// The parameters that a part of a scenario mentions; rather one too many than one too few.
const mentioned = (part: unknown, names: readonly string[]): string[] => {
  const text = JSON.stringify(part) ?? '';
  return names.filter((name) => text.includes(`$${name}`));
};

/**
 * A scenario, ready to run many times. Each run is the same as a `replay()` with its parameters, whatever ran before:
 * all that the host or the guest of any run has written, and the whole CPU, are put back before it. The one exception:
 * a recording ends after 20,000,000 instructions (MAX_INSTRUCTIONS) as a used-up budget; a fast replay runs on.
 *
 * How that is complete: the engine marks each page that the guest writes to. Where it cannot do so in passing, the first
 * write to a page stops the run, the page joins those that are put back, and the run starts over.
 */
export class FastReplay {
  readonly scenario: Scenario;
  /** The parameters of runs that are given none. */
  readonly defaults: Parameters;
  readonly #from: string | undefined;
  readonly #libraries: readonly string[];
  readonly #makeWatcher: ((world: World) => Watcher) | undefined;
  readonly #firstStep: number; // of a run, as its index
  readonly #makeObserver: ((world: World) => MachineObserver) | undefined;
  readonly #unseen: Set<Addr> | undefined;
  #traps: CodeTraps | undefined;
  #watcher: Watcher | undefined;
  // Parameters that the world is built from, and those that steps before the first one of a run use.
  readonly #worldNames: readonly string[];
  readonly #startNames: readonly string[];
  readonly #bugs = new Map<Addr, Outcome>();
  #findings: string[] = [];
  #world!: World;
  #worldKey: string | undefined;
  #machine!: Machine;
  #runner!: StepRunner;
  #engineStartsBefore = 0; // of machines that are gone
  readonly #starts = new Map<string, Start>();
  #beginning!: Start; // before the first step
  #start!: Start; // what runs with #parameters start from
  #parameters: Parameters | undefined;
  #budget: number | undefined;
  #twist: Twist | undefined;
  #back!: PutBack; // of the world's memory
  #closed = false;

  /**
   * @throws {InputError} when the scenario is wrong, or has no such step
   * @throws {LibraryError} when libunicorn cannot be loaded
   */
  constructor(scenario: Scenario, options: FastReplayOptions = {}) {
    const { from, libraries = [], watcher, observer, unseen } = options;
    this.scenario = scenario;
    this.#from = from;
    this.#libraries = libraries;
    this.#makeWatcher = watcher;
    this.#makeObserver = observer;
    this.#unseen = unseen;
    this.defaults = readParameters(scenario);
    const names = [...this.defaults.keys()];
    const steps = Object.entries(scenario.spec.steps);
    const index = from === undefined ? 0 : steps.findIndex(([name]) => name === from);
    if (index < 0) {
      const known = steps.map(([name]) => name).join(', ');
      scenario.fail(['steps'], `there is no step "${from}"; there are ${known}`);
    }
    this.#firstStep = index;
    this.#worldNames = mentioned(scenario.spec.world, names);
    this.#startNames = mentioned([scenario.spec.world, steps.slice(0, index)], names);
    this.#prepare(this.defaults);
  }

  /** Guest memory as the last run left it. The next run changes it: take copies. */
  get memory(): Memory {
    return this.#world.memory;
  }

  /** Named objects as the last run left them. The next run changes them. */
  get objects(): ReadonlyMap<string, PlacedObject> {
    return this.#runner.objects;
  }

  /** How often the engine was started, by all runs and by preparing them. */
  get engineStarts(): number {
    return this.#engineStartsBefore + this.#machine.engineStarts;
  }

  /** How many bytes of memory were put back before the last run. */
  get bytesPutBack(): number {
    return this.#back.size;
  }

  /**
   * Parameters from text, as `--set` takes them; the rest are defaults.
   *
   * @throws {InputError} when a name or value is not allowed
   */
  parameters(overrides: ReadonlyMap<string, string>): Parameters {
    return readParameters(this.scenario, overrides);
  }

  /**
   * Run from the first step to the end.
   *
   * @param parameters all of them, as `parameters` gives them; the defaults without it
   * @throws {InputError} when a step cannot be done with them
   */
  run(parameters: Parameters = this.defaults): Verdict {
    const last = this.#go(parameters);
    const { registers } = this.#start.ended === undefined ? this.#machine : this.#start;
    return this.#verdict(last, registers, parameters);
  }

  /**
   * Run for the watcher alone, as `run` does, but without an outcome, which can take a recording to determine.
   *
   * @param budget instructions per run of the engine; the scenario's without it
   * @param twist which of the things that nobody wrote hold the complement of what the parameters say
   * @throws {InputError} when a step cannot be done with the parameters
   */
  watch(parameters: Parameters, budget?: number, twist?: Twist): void {
    this.#budget = budget;
    this.#twist = twist;
    this.#go(parameters);
  }

  /** Blocks were put into `unseen` again. */
  forgetSeen(): void {
    for (const address of this.#traps?.applyAll() ?? []) this.#machine.forgetTranslation(address);
  }

  #go(parameters: Parameters): StepsResult | undefined {
    if (this.#closed) throw new TypeError('the fast replay is closed');
    if (parameters !== this.#parameters) this.#prepare(parameters);
    return this.#attempt(this.#start, parameters, this.#range);
  }

  get #range(): StepRange {
    return this.#from === undefined ? {} : { from: this.#from };
  }

  // Put everything back and run; again for each page that the guest writes to for the first time.
  #attempt(start: Start, parameters: Parameters, range: StepRange): StepsResult | undefined {
    for (;;) {
      this.#putBack(start);
      if (start.ended !== undefined) return start.ended;
      this.#runner.parameters = parameters;
      this.#runner.budget = this.#budget ?? this.scenario.spec.budget ?? DEFAULT_BUDGET;
      this.#runner.twist = this.#twist;
      try {
        return this.#watcher === undefined || range.before !== undefined
          ? this.#checkTrap(this.#runner.run(range))
          : this.#runWatched(this.#watcher);
      } catch (error) {
        if (!(error instanceof StartOver)) throw error;
      }
    }
  }

  #runWatched(watcher: Watcher): StepsResult | undefined {
    watcher.begins();
    let last: StepsResult | undefined;
    for (let index = this.#firstStep; index < this.#runner.count; index += 1) {
      last = this.#checkTrap(this.#runner.runOne(index))!;
      const goesOn = watcher.ended(last.step, last.result);
      if (!goesOn || (last.result !== undefined && last.result.kind !== 'returned')) break;
    }
    return last;
  }

  // A stop at a block that had not run says nothing about the guest.
  #checkTrap(last: StepsResult | undefined): StepsResult | undefined {
    const result = last?.result;
    const at =
      result?.kind === 'trap' ? result.trap.at : result?.kind === 'exception' ? result.at : undefined;
    if (at === undefined || this.#traps?.take(at) !== true) return last;
    this.#machine.forgetTranslation(at);
    throw new StartOver('a block that had not run');
  }

  #putBack(start: Start): void {
    if (this.#back.knows(start.image)) {
      this.#back.changes();
    } else {
      this.#back.all(start.image);
      this.#traps?.apply();
    }
    this.#machine.restoreContext(start.cpu);
    this.#runner.restore(start.names);
    this.#findings = [...start.findings];
  }

  // Choose what a run with these parameters starts from; make it where it is not there yet.
  #prepare(parameters: Parameters): void {
    this.#parameters = undefined; // until the end: an error on the way leaves no start that can be relied on
    const worldKey = keyOf(parameters, this.#worldNames);
    if (worldKey !== this.#worldKey) this.#open(parameters, worldKey);
    const key = keyOf(parameters, this.#startNames);
    let start = this.#starts.get(key);
    if (start === undefined) {
      start = this.#from === undefined ? this.#beginning : this.#runTo(this.#from, parameters);
      this.#starts.set(key, start);
      const [oldest] = this.#starts;
      if (this.#starts.size > MAX_STARTS && oldest !== undefined) this.#drop(oldest[0], oldest[1]);
    }
    this.#start = start;
    this.#parameters = parameters;
  }

  #drop(key: string, start: Start): void {
    this.#starts.delete(key);
    this.#machine.dropContext(start.cpu);
  }

  #open(parameters: Parameters, worldKey: string): void {
    const release = this.scenario.release(this.#libraries);
    const world = buildWorld(this.scenario, release, parameters);
    const onFinding = (message: string): void => {
      this.#findings.push(message);
      this.#watcher?.found(message);
    };
    const watcher = this.#makeWatcher?.(world);
    const siteOf = (): Addr => machine.stubReturnsTo;
    world.heap.observer = heapObserver(onFinding, watcher, siteOf);
    if (watcher?.requested !== undefined)
      world.allocations.onRequest = (request) => watcher.requested!(request, siteOf());
    const observer = this.#makeObserver?.(world);
    const machine: Machine = makeMachine(world, {
      trackWrites: true,
      onFinding,
      ...(watcher === undefined ? {} : { accesses: watcher.accesses }),
      ...(observer === undefined ? {} : { observer }),
      ...(this.#unseen === undefined
        ? {}
        : { comesTo: (boundaries: readonly Addr[]) => this.#traps?.giveWay(boundaries) ?? [] }),
    });
    if (watcher !== undefined) markVectors(machine);
    watcher?.attached?.(machine);
    this.#traps = this.#unseen === undefined ? undefined : new CodeTraps(world.memory, this.#unseen);
    const runner: StepRunner = new StepRunner(
      world,
      machine,
      parameters,
      watcher === undefined ? undefined : { ...UNWATCHED, called: () => watcher.calls(runner.objects) },
    );
    this.#watcher = watcher;
    if (this.#worldKey !== undefined) {
      this.#engineStartsBefore += this.#machine.engineStarts;
      this.#machine.close();
    }
    this.#starts.clear();
    this.#bugs.clear();
    this.#back = new PutBack(world.memory);
    this.#world = world;
    this.#worldKey = worldKey;
    this.#machine = machine;
    this.#runner = runner;
    world.memory.written.fill(0);
    this.#beginning = this.#startHere(undefined, []);
  }

  #runTo(before: string, parameters: Parameters): Start {
    const last = this.#attempt(this.#beginning, parameters, { before });
    const returned = last?.result === undefined || last.result.kind === 'returned';
    return this.#startHere(returned ? undefined : last, this.#findings);
  }

  #startHere(ended: StepsResult | undefined, findings: readonly string[]): Start {
    return {
      image: this.#world.memory.bytes.slice(),
      names: this.#runner.state(),
      cpu: this.#machine.saveContext(),
      registers: this.#machine.registers.slice(),
      ended,
      findings,
    };
  }

  #verdict(last: StepsResult | undefined, registers: BigUint64Array, parameters: Parameters): Verdict {
    const result = last?.result;
    const outcome = this.#outcome(result, parameters);
    const ranOut = result?.kind === 'exception' && outcome.kind === 'budget';
    return {
      step: last?.step ?? null,
      result: ranOut ? { kind: 'budget', at: result.at } : result,
      outcome,
      registers,
      findings: this.#findings,
    };
  }

  #outcome(result: CallResult | undefined, parameters: Parameters): Outcome {
    const { memory, symbols } = this.#world;
    const counted = result?.kind === 'budget' || (result?.kind === 'exception' && result.halted);
    if (counted) return this.#countedOutcome(parameters);
    const bug = result?.kind === 'trap' && result.stop.reason === 'invalid-opcode';
    if (!bug) return outcomeOf(result, memory, symbols);
    // The bug table lies in memory that no guest can write.
    let outcome = this.#bugs.get(result.trap.at);
    if (outcome === undefined) {
      outcome = outcomeOf(result, memory, symbols);
      this.#bugs.set(result.trap.at, outcome);
    }
    return outcome;
  }

  // How many instructions a call took that used up its budget, and whether it met a hlt instead: only an observer sees.
  #countedOutcome(parameters: Parameters): Outcome {
    const set = new Map(
      Object.entries(formatParameters(parameters)).map(([name, value]) => [name, String(value)]),
    );
    return replay(this.scenario, { set, libraries: this.#libraries }).header.outcome;
  }

  /** Free the CPU; memory stays as the last run left it. */
  close(): void {
    this.#closed = true;
    this.#machine.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
