// The cursors of the panes: where they are, what they are on, and which memory is shown for it.

import type { Addr } from '../base/address.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { codeRow } from './code-pane.js';
import { eventCount } from './events-pane.js';
import { type Look, PANES, type PaneName, type Range, firstLook } from './look.js';
import { memoryPane, memoryRange } from './memory-pane.js';
import type { Scene } from '../reading/scene.js';
import { stackWords } from '../reading/words.js';
import { stackRow } from './stack-pane.js';

const GENERAL = 16; // registers that a cursor can be on: rip and rflags say what they are themselves

export class Cursors {
  look: Look = firstLook;
  /** What `w` and `g` began with, until something else moves; where it is absent the cursor says. */
  place: Range | undefined;
  #isDefault = true; // the memory pane shows what the cursor is on
  #aiming: PaneName = 'code'; // the memory pane shows the place of its cursor, which was moved last

  constructor(private readonly scene: Scene) {}

  get codeAddress(): Addr | undefined {
    const { scene } = this;
    const symbol = scene.function;
    const code = symbol === undefined ? [] : scene.codeOf(symbol);
    return code[codeRow(scene, this.look, code)]?.address;
  }

  /** Let every cursor follow the machine again. */
  release(): void {
    const { focus, bottom, register } = this.look;
    this.place = undefined;
    this.#aiming = 'code';
    this.look = { ...firstLook, focus, bottom, register };
    this.follow();
  }

  /** Go on from a place that was jumped to, and show it where there is room for one of the lower panes. */
  aimAt(place: Range): void {
    this.place = place;
    this.#aiming = 'code';
    this.look = { ...this.look, bottom: 'memory' };
  }

  /** Show memory without going anywhere for it, and a pane where there is room for one of the lower ones. */
  show(target: Addr | undefined, bottom: PaneName): void {
    this.look = { ...this.look, bottom, target: target ?? this.look.target, memory: undefined };
  }

  /** The next pane, or the one before with -1. */
  turn(by: 1 | -1): void {
    const index = PANES.indexOf(this.look.focus) + by + PANES.length;
    this.focus(PANES[index % PANES.length]!);
  }

  // The code cursor's place is what the instruction touches.
  #accessed(): Range | undefined {
    if (this.place !== undefined) return this.place;
    const accesses = this.scene.navigator.accessesOf(this.scene.at);
    return accesses.find(({ kind }) => kind === 'write') ?? accesses[0];
  }

  /** The place in memory under the cursor: what `w` is about. */
  placeUnderCursor(): Range | undefined {
    const { scene } = this;
    switch (this.look.focus) {
      case 'code':
        return this.#accessed();
      case 'stack': {
        const { start, count } = stackWords(scene);
        if (count === 0) return undefined;
        const address = this.look.stack ?? start + BigInt(stackRow(scene, this.look) * 8);
        return { address, size: 8 };
      }
      case 'memory': {
        const range = memoryRange(scene, this.look);
        return range && { address: range.address, size: range.size };
      }
      default:
        return this.place;
    }
  }

  /** After the machine moved: the code cursor follows, and the memory pane shows what the cursor is about. */
  follow(): void {
    this.look = { ...this.look, code: undefined, event: undefined };
    this.#aim();
  }

  // Show the object under the cursor; a pane that has no address of its own leaves what is shown.
  #aim(): void {
    const aimed = this.#aimedAt();
    if (aimed !== undefined) this.#isDefault = false;
    const target = aimed ?? (this.#isDefault ? this.#firstTarget() : undefined);
    if (target === undefined || target === this.look.target) return;
    this.look = { ...this.look, target, memory: undefined };
  }

  // Before the cursor was on anything: the first argument, otherwise the damage of this run.
  #firstTarget(): Addr | undefined {
    const { scene } = this;
    const argument = scene.registers[REGISTER_INDEX.rdi]!;
    if (scene.objects.find(argument, scene.at) !== undefined) return argument;
    return scene.guilty === undefined ? undefined : BigInt(scene.guilty.address);
  }

  #aimedAt(): Addr | undefined {
    const { scene } = this;
    const isData = (address: Addr): boolean =>
      scene.memory.isMapped(address, 1) &&
      scene.navigator.symbols.findLocation(address)?.symbol.kind !== 'function';
    switch (this.#aiming) {
      case 'code': {
        const address = this.#accessed()?.address;
        // Pushes and pops would show the stack, which has a pane of its own.
        return address !== undefined && !/stack/u.test(scene.objects.region(address)?.name ?? '')
          ? address
          : undefined;
      }
      case 'registers': {
        const value = scene.registers[this.look.register]!;
        return isData(value) ? value : undefined;
      }
      case 'stack': {
        const { start, count } = stackWords(scene);
        if (count === 0) return undefined;
        const word = start + BigInt(stackRow(scene, this.look) * 8);
        const value = scene.memory.readU64(word);
        return isData(value) ? value : word;
      }
      default:
        return undefined;
    }
  }

  /** Give a pane the keys. Going through the panes leaves what the memory pane shows. */
  focus(pane: PaneName): void {
    const bottom = pane === 'code' || pane === 'registers' ? this.look.bottom : pane;
    this.look = { ...this.look, focus: pane, bottom };
    if (pane === 'code') this.#aiming = pane;
  }

  move(rows: number): void {
    this.put(this.row() + rows);
  }

  /** Row of the cursor in the pane that has the keys. */
  row(): number {
    const { scene } = this;
    switch (this.look.focus) {
      case 'code': {
        const symbol = scene.function;
        return symbol === undefined ? 0 : codeRow(scene, this.look, scene.codeOf(symbol));
      }
      case 'registers':
        return this.look.register;
      case 'stack':
        return stackRow(scene, this.look);
      case 'memory':
        return memoryPane(scene, this.look).anchor;
      case 'events':
        return this.look.event ?? eventCount(scene) - 1;
    }
  }

  /** Put the cursor of the pane that has the keys on a row, or on the nearest that there is. */
  put(row: number): void {
    const { scene } = this;
    const within = (count: number): number => Math.max(0, Math.min(row, count - 1));
    switch (this.look.focus) {
      case 'code': {
        const symbol = scene.function;
        const code = symbol === undefined ? [] : scene.codeOf(symbol);
        this.look = { ...this.look, code: code[within(code.length)]?.address };
        return;
      }
      case 'registers':
        this.look = { ...this.look, register: within(GENERAL) };
        break;
      case 'stack': {
        const { start, count } = stackWords(scene);
        this.look = { ...this.look, stack: start + BigInt(within(count) * 8) };
        break;
      }
      case 'memory':
        this.look = { ...this.look, memory: within(memoryPane(scene, this.look).count) };
        return;
      case 'events':
        this.look = { ...this.look, event: within(eventCount(scene)) };
        return;
    }
    this.#aiming = this.look.focus;
    this.#aim();
  }
}
