// One run as the page asks for it: what holds in a state. Knows no screen.

import type {
  PageFunction,
  PageLoss,
  PageMeaning,
  PageObject,
  PageRun,
  PageSite,
  PageStep,
} from '../../src/report/page-data.js';
import { MemoryCursor, type Place } from './memory.js';
import { TrackReader } from './tracks.js';

const NO_MEANING: PageMeaning = { name: '', type: '', what: '' };

/** A register in a state. */
export interface RegisterNow {
  readonly name: string;
  readonly value: string;
  readonly changed: boolean;
  readonly meaning: PageMeaning;
  /** The name that it lost, and the last state that had it. */
  readonly lost: (PageLoss & { readonly at: number }) | undefined;
}

/** A word of the stack in a state. */
export interface StackWord {
  readonly place: Place;
  readonly address: bigint;
  readonly value: string;
  readonly what: string;
  readonly changed: boolean;
}

/** Words that are shown from RSP up. */
const STACK_WORDS = 64;

/** Little-endian bytes as a number. */
export const numberOf = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** `0x…` */
export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** A run that answers. States that do not exist are never requested. */
export class Run {
  readonly memory: MemoryCursor;
  readonly #registers;
  readonly #stack: ReadonlyMap<string, TrackReader>;
  readonly #objects: readonly (PageObject & { readonly start: bigint })[];

  constructor(readonly data: PageRun) {
    this.memory = new MemoryCursor(data);
    this.#registers = data.registers.map(({ name, value, meaning, lost }) => ({
      name,
      value: new TrackReader(value),
      meaning: new TrackReader(meaning),
      lost: new TrackReader(lost),
    }));
    this.#stack = new Map(
      data.stack.map(({ region, offset, what }) => [`${region} ${offset}`, new TrackReader(what)]),
    );
    this.#objects = data.objects.map((object) => ({ ...object, start: BigInt(object.address) }));
  }

  /** The last state. */
  get end(): number {
    return this.data.instructions;
  }

  /** What runs next in a state; at the end what ran last. */
  siteAt(state: number): PageSite | undefined {
    return this.data.sites[this.data.path[Math.min(state, this.end - 1)] ?? -1];
  }

  functionAt(state: number): PageFunction | undefined {
    return this.data.functions[this.siteAt(state)?.function ?? -1];
  }

  /** `shm_close+0x3e`, or `the end`. */
  locationAt(state: number): string {
    return state >= this.end ? 'the end' : (this.siteAt(state)?.at ?? '');
  }

  /** The source line of what runs next: `ipc/shm.c:205`. */
  sourceAt(state: number): string | undefined {
    const site = this.siteAt(state);
    const lines = this.functionAt(state)?.lines.slice(0, (site?.line ?? -1) + 1) ?? [];
    return lines.findLast(({ source }) => source !== null)?.source ?? undefined;
  }

  /** The step of the scenario that runs in a state. */
  stepAt(state: number): PageStep | undefined {
    const { steps } = this.data;
    return steps.find(({ from, to }) => state >= from && state < to) ?? steps.at(-1);
  }

  // The call that a state belongs to: a name is lost within it only.
  #callAt(state: number): PageStep | undefined {
    return this.data.steps.findLast(({ from, to, call }) => call !== null && from <= state && state <= to);
  }

  registersAt(state: number): RegisterNow[] {
    const { words, meanings, losses } = this.data;
    const call = this.#callAt(state);
    return this.#registers.map(({ name, value, meaning, lost }): RegisterNow => {
      const now = value.at(state);
      const told = meanings[meaning.valueAt(state) ?? -1] ?? NO_MEANING;
      const last = call === undefined ? undefined : lost.at(state - 1);
      const loss = last === undefined || last.since < call!.from ? undefined : losses[last.value];
      return {
        name,
        value: words[now?.value ?? -1] ?? '',
        changed: state > 0 && now?.since === state,
        meaning: told,
        lost: loss === undefined || loss.name === told.name ? undefined : { ...loss, at: last!.since },
      };
    });
  }

  /** The value of a register in a state: `0x…`. */
  registerAt(name: string, state: number): string {
    const found = this.#registers.find((one) => one.name === name);
    return this.data.words[found?.value.valueAt(state) ?? -1] ?? '';
  }

  /** The first state from which on a register holds the value that it has in a state. */
  registerSince(name: string, state: number): number | undefined {
    return this.#registers.find((one) => one.name === name)?.value.at(state)?.since;
  }

  /** What a word of the stack is in a state; empty where that is not known. */
  stackWhat(address: bigint, state: number): string {
    const rsp = this.registerAt('rsp', state);
    const distance = rsp === '' ? -1n : address - BigInt(rsp);
    if (distance < 0n || distance >= BigInt(STACK_WORDS * 8)) return '';
    const place = this.memory.find(address);
    const track = place && this.#stack.get(`${place.region} ${place.offset}`);
    return this.data.words[track?.valueAt(state) ?? -1] ?? '';
  }

  stackAt(state: number): StackWord[] {
    const rsp = this.registerAt('rsp', state);
    const place = rsp === '' ? undefined : this.memory.find(BigInt(rsp));
    if (place === undefined) return [];
    const { region } = place;
    const size = this.data.regions[region]?.size ?? 0;
    this.memory.seek(state);
    const written = new Set(
      this.memory
        .writesAt(state)
        .filter((write) => write.region === region && !write.host)
        .flatMap(({ offset, new: made }) => [offset & ~7, (offset + made.length - 1) & ~7]),
    );
    const words: StackWord[] = [];
    for (let offset = place.offset; offset + 8 <= size && words.length < STACK_WORDS; offset += 8) {
      const what = this.#stack.get(`${region} ${offset}`)?.valueAt(state);
      words.push({
        place: { region, offset },
        address: this.memory.addressOf({ region, offset }),
        value: hex(numberOf(this.memory.read({ region, offset }, 8))),
        what: this.data.words[what ?? -1] ?? '',
        changed: written.has(offset & ~7),
      });
    }
    return words;
  }

  /** The object that an address lies in, also when it is free by then. */
  objectAt(address: bigint, state: number): (PageObject & { readonly isFree: boolean }) | undefined {
    const found = this.#objects.findLast(
      ({ start, size, header, from }) =>
        from <= state && address >= start - BigInt(header) && address < start + BigInt(size),
    );
    return found && { ...found, isFree: found.freed !== null && found.freed <= state };
  }
}
