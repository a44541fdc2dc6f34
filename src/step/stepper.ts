// The stepper itself: takes keys, clicks and sizes, and gives screens. No terminal: tests and scripts use it as well.

import { hex } from '../base/address.js';
import { REGISTERS } from '../x86/registers.js';
import { InputError } from '../base/errors.js';
import type { Case } from '../reading/case.js';
import type { Asked } from '../why/asked.js';
import type { Link } from '../why/link.js';
import { WhyCase } from '../why/why.js';
import { Cursors } from './cursors.js';
import { type Action, findAction } from './keys.js';
import type { Look } from './look.js';
import type { Scene } from '../reading/scene.js';
import { type Placed, type Screen, type Size, drawScreen } from './screen.js';
import { findStates } from '../reading/search.js';

const PAGE = 10; // rows

const MOTIONS: ReadonlySet<Action> = new Set<Action>([
  'step', 'over', 'back', 'backOver', 'finish', 'reverseFinish', 'runHere', 'runBackHere', 'search', 'nextMatch', 'previousMatch', 'goTo',
  'trap', 'start', 'end', 'scenarioStep',
]); // prettier-ignore

interface Prompt {
  readonly action: 'search' | 'goTo';
  readonly text: string;
}

export class Stepper {
  /** Whether the user has left; `interrupted`: with Ctrl-C. */
  ended: 'quit' | 'interrupted' | undefined;
  #size: Size;
  readonly #cursors: Cursors;
  #message: string | undefined;
  #prompt: Prompt | undefined;
  #isHelp = false;
  #lastKey = '';
  #why: WhyCase | undefined;
  // The chain that y walks, and the link that it is at.
  #chain: { readonly links: readonly Link[]; readonly at: number } | undefined;
  #matches: { readonly query: string; readonly states: readonly number[] } | undefined;

  constructor(
    readonly scene: Scene,
    size: Size = { columns: 80, rows: 24 },
    private readonly control: () => Case | undefined = () => undefined,
  ) {
    this.#size = size;
    this.#cursors = new Cursors(scene);
    this.#cursors.follow();
  }

  get look(): Look {
    return this.#cursors.look;
  }

  /** Whether text is being typed: keys are letters then. */
  get isTyping(): boolean {
    return this.#prompt !== undefined;
  }

  resize(size: Size): void {
    this.#size = size;
  }

  get screen(): Screen {
    const { action, text } = this.#prompt ?? {};
    const prompt = action === undefined ? undefined : `${action === 'goTo' ? 'go to: ' : 'search: '}${text}_`;
    return drawScreen(this.scene, this.#cursors.look, this.#size, {
      message: this.#message,
      prompt,
      help: this.#isHelp,
    });
  }

  /** Take a key, by its name in keys.ts; or, while something is typed, a character of it. */
  key(key: string): void {
    if (this.#prompt !== undefined) {
      this.#type(this.#prompt, key);
      return;
    }
    this.#message = undefined;
    if (this.#isHelp && key !== 'CtrlC') {
      this.#isHelp = false; // any key closes it
      return;
    }
    const name = key === 'g' && this.#lastKey === 'g' ? 'gg' : key;
    this.#lastKey = name;
    const action = findAction(name);
    if (action === undefined) this.#say(`${key} does nothing; ? shows the keys`);
    else this.#do(action, key);
  }

  /** Put the cursor where the mouse clicked; column and row from 0. */
  click(column: number, row: number): void {
    const hit = this.#paneAt(column, row);
    if (hit === undefined) return;
    this.#message = undefined;
    this.#cursors.focus(hit.pane);
    if (row === hit.y) return; // the title
    const index = hit.start + row - hit.y - 1;
    const isRight = hit.pane === 'registers' && hit.compact && column >= hit.width >> 1;
    this.#cursors.put(isRight ? index + 8 : index);
  }

  /** Turn the wheel, over a pane or over the one that has the keys. */
  wheel(rows: number, column = -1, row = -1): void {
    const hit = this.#paneAt(column, row);
    if (hit !== undefined) this.#cursors.focus(hit.pane);
    this.#cursors.move(rows);
  }

  #paneAt(column: number, row: number): Placed | undefined {
    return this.screen.placed.find(
      ({ x, y, width, height }) => column >= x && column < x + width && row >= y && row < y + height,
    );
  }

  // --- typing --------------------------------------------------------------------------------------------------

  #type(prompt: Prompt, key: string): void {
    if (key === 'Enter') {
      this.#prompt = undefined;
      if (prompt.action === 'goTo') this.#goTo(prompt.text);
      else this.#search(prompt.text);
    } else if (key === 'Escape' || key === 'CtrlC') this.#prompt = undefined;
    else if (key === 'Backspace') {
      this.#prompt = prompt.text === '' ? undefined : { ...prompt, text: prompt.text.slice(0, -1) };
    } else if (key === 'Space') this.#prompt = { ...prompt, text: `${prompt.text} ` };
    else if (key.length === 1) this.#prompt = { ...prompt, text: prompt.text + key };
  }

  #search(query: string): void {
    if (query.trim() === '' && this.#matches === undefined) return;
    if (query.trim() !== '')
      this.#matches = { query: query.trim(), states: findStates(this.scene.navigator, query) };
    this.#match(true);
  }

  #match(forward: boolean): void {
    if (this.#matches === undefined) {
      this.#say('nothing was searched; / does');
      return;
    }
    const { query, states } = this.#matches;
    const { at, navigator } = this.scene;
    if (states.length === 0) {
      this.#say(`${query} is nowhere in this run`);
      return;
    }
    // Round the end, as vim does.
    const found = forward ? states.find((state) => state > at) : states.findLast((state) => state < at);
    const state = found ?? (forward ? states[0]! : states.at(-1)!);
    navigator.goTo(state);
    this.#cursors.follow();
    const around = found === undefined ? ', from the other end' : '';
    this.#say(`${query}: ${states.indexOf(state) + 1} of ${states.length}${around}`);
  }

  #goTo(text: string): void {
    const { navigator } = this.scene;
    const where = text.trim();
    if (where === '') return;
    if (/^\d+$/u.test(where)) {
      const state = Number(where);
      if (state > navigator.end) this.#say(`there is no instruction ${where}: the end is ${navigator.end}`);
      else this.#moved(navigator.goTo(state), `this is instruction ${where}`);
      return;
    }
    const address = /^0x[0-9a-f]{1,16}$/iu.test(where)
      ? BigInt(where)
      : navigator.symbols.parseLocation(where);
    if (address === undefined) this.#say(`${where} is not a symbol, address or number`);
    else
      this.#moved(
        navigator.runTo(address) || navigator.runBackTo(address),
        `${where} does not run anywhere else`,
      );
  }

  // --- keys ----------------------------------------------------------------------------------------------------

  #do(action: Action, key: string): void {
    const { navigator } = this.scene;
    // The place that w began with stays, whatever the instructions there touch besides, until something else moves.
    if (MOTIONS.has(action)) this.#cursors.place = undefined;
    if (action !== 'why') this.#chain = undefined;
    const atEnd = 'this is the end';
    const atStart = 'this is the start';
    switch (action) {
      case 'step':
        return this.#moved(navigator.step(), atEnd);
      case 'over':
        return this.#moved(navigator.stepOver(), atEnd);
      case 'back':
        return this.#moved(navigator.back(), atStart);
      case 'backOver':
        return this.#moved(navigator.backOver(), atStart);
      case 'finish':
        return this.#moved(navigator.finish(), atEnd);
      case 'reverseFinish':
        return this.#moved(navigator.reverseFinish(), 'the sandbox called this function');
      case 'nextWrite':
      case 'previousWrite':
        return this.#toWrite(action === 'nextWrite');
      case 'why':
        return this.#toCause();
      case 'runHere':
      case 'runBackHere':
        return this.#runHere(action === 'runHere');
      case 'search':
      case 'goTo':
        this.#prompt = { action, text: '' };
        return undefined;
      case 'nextMatch':
        return this.#match(true);
      case 'previousMatch':
        return this.#match(false);
      case 'guilty':
        return this.#toGuilty();
      case 'trap':
        return this.#toTrap();
      case 'start':
        return this.#moved(navigator.goTo(0), atStart);
      case 'end':
        return this.#moved(navigator.goTo(navigator.end), atEnd);
      case 'scenarioStep':
        return this.#toScenarioStep(Number(key));
      default:
        return this.#doLook(action);
    }
  }

  #doLook(action: Action): void {
    const { scene } = this;
    const cursors = this.#cursors;
    if (action === 'nextPane') cursors.turn(1);
    else if (action === 'previousPane') cursors.turn(-1);
    else if (action === 'up') cursors.move(-1);
    else if (action === 'down') cursors.move(1);
    else if (action === 'pageUp') cursors.move(-PAGE);
    else if (action === 'pageDown') cursors.move(PAGE);
    else if (action === 'help') this.#isHelp = true;
    else if (action === 'quit') this.ended = this.#lastKey === 'CtrlC' ? 'interrupted' : 'quit';
    else if (action === 'follow') cursors.release();
    else if (action === 'view') {
      scene.view = scene.view === 'run' ? 'analyst' : 'run';
      this.#say(
        scene.names.problem ??
          (scene.view === 'run'
            ? 'names: what happened in this run'
            : 'names: what follows from the published bytes alone'),
      );
    }
  }

  #say(message: string): void {
    this.#message = message;
  }

  // After a motion: cursors follow; without one, the message says why.
  #moved(moved: boolean, why: string): void {
    if (moved) this.#cursors.follow();
    else this.#say(why);
  }

  #toGuilty(): void {
    const { guilty, navigator } = this.scene;
    if (guilty === undefined) {
      this.#say('nothing was written out of bounds in this run');
      return;
    }
    navigator.goTo(guilty.instruction);
    this.#cursors.aimAt({ address: BigInt(guilty.address), size: guilty.size });
    this.#cursors.follow();
  }

  #toTrap(): void {
    const { trap, guilty, navigator } = this.scene;
    if (trap === undefined) this.#say('nothing trapped in this run');
    else {
      // What is still known there, and what was damaged before.
      this.#cursors.show(guilty === undefined ? undefined : BigInt(guilty.address), 'stack');
      this.#moved(navigator.goTo(trap), 'this is the trap');
    }
  }

  #toScenarioStep(number: number): void {
    const { steps } = this.scene.recording.header;
    const step = steps[number - 1];
    if (step === undefined) {
      this.#say(`there is no step ${number}: the scenario has ${steps.length}`);
      return;
    }
    this.scene.navigator.goTo(step.from);
    this.#cursors.follow();
    this.#say(
      step.call === null
        ? `${step.step}: done by the sandbox, before this instruction`
        : `${step.step}: calls ${step.call}`,
    );
  }

  #runHere(forward: boolean): void {
    const { scene } = this;
    if (this.#cursors.look.focus === 'events') {
      const event = scene.events[this.#cursors.row()];
      if (event !== undefined) this.#moved(scene.navigator.goTo(event.at), 'this is where it happened');
      return;
    }
    const address = this.#cursors.codeAddress;
    if (address === undefined) return;
    const { navigator } = scene;
    const moved = forward ? navigator.runTo(address) : navigator.runBackTo(address);
    this.#moved(
      moved,
      `${navigator.symbols.formatLocation(address)} does not run ${forward ? 'after' : 'before'} this`,
    );
  }

  // From the value under the cursor to where it came from, one link with each key; from the trap without such a value.
  #toCause(): void {
    const chain = this.#chain ?? this.#newChain();
    if (chain === undefined) return;
    const at = chain.at + 1;
    const link = chain.links[at];
    if (link === undefined) {
      this.#say('this is the last link');
      return;
    }
    this.#chain = { ...chain, at };
    // What the sandbox did, and what only the control did, is told where the reader is.
    const isHere = link.inControl !== true && /\+0x|^0x/u.test(link.at);
    if (isHere && link.step !== this.scene.at) {
      this.scene.navigator.goTo(link.step);
      this.#cursors.follow();
    }
    this.#say(`${at + 1}/${chain.links.length} ${link.says}`);
  }

  #newChain(): { readonly links: readonly Link[]; readonly at: number } | undefined {
    if (this.#why === undefined) {
      const control = this.control();
      this.#why = new WhyCase(this.scene, control);
    }
    try {
      const asked = this.#askedHere(this.#why);
      return { links: this.#why.explain(asked).links, at: -1 };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#say(error.message);
      return undefined;
    }
  }

  // The place under the cursor; none at the trap, where the chain of the trap's own value begins.
  #askedHere(why: WhyCase): Asked | undefined {
    const { focus, register } = this.#cursors.look;
    const { at } = this.scene;
    if (focus === 'registers') return why.place(`${REGISTERS[register]!}@${at}`);
    const place = focus === 'code' ? undefined : this.#cursors.placeUnderCursor();
    if (place === undefined) return undefined;
    const size = [1, 2, 4, 8].includes(place.size) ? place.size : 1;
    return why.place(`[${hex(place.address)}:${size}]@${at}`);
  }

  #toWrite(forward: boolean): void {
    const { navigator } = this.scene;
    if (this.#cursors.look.focus === 'registers') {
      const register = REGISTERS[this.#cursors.look.register]!;
      const moved = forward ? navigator.nextChange(register) : navigator.previousChange(register);
      this.#moved(moved, `nothing changes ${register} ${forward ? 'after' : 'before'} this`);
      if (moved) this.#say(`changes ${register}`);
      return;
    }
    const place = this.#cursors.placeUnderCursor();
    if (place === undefined) {
      this.#say('no place in memory is under the cursor');
      return;
    }
    const { address, size } = place;
    this.#cursors.place = place;
    const name = `${size} at ${hex(address)}`;
    if (!(forward ? navigator.nextWrite(address, size) : navigator.previousWrite(address, size))) {
      this.#say(`nothing writes ${name} ${forward ? 'after' : 'before'} this`);
      return;
    }
    this.#cursors.follow();
    const isGuest = navigator
      .accessesOf(this.scene.at)
      .some(
        (access) =>
          access.kind === 'write' &&
          access.address < address + BigInt(size) &&
          access.address + BigInt(access.size) > address,
      );
    if (!isGuest) this.#say(`the sandbox wrote ${name} before this`);
  }
}
