// Whether what decode calls certain of a made oops is true of the run, whose every step is known.
import { u64 } from '../../src/base/address.js';
import type { Explanation } from '../../src/decode/explain/explain.js';
import type { CodePlace, Origin, Statement } from '../../src/decode/code/statement.js';
import { statementText } from '../../src/decode/show/claims.js';
import { decodeOne, usesOf } from '../../src/x86/disasm.js';
import { REGISTERS, REGISTER_COUNT, REGISTER_INDEX } from '../../src/x86/registers.js';
import type { MadeOops } from './make.js';
import type { Unbooted } from './unbooted.js';

const RIP = REGISTER_INDEX.rip;
const LONGEST = 15; // bytes of an instruction
// System V ABI AMD64, figure 3.4 "Register Usage"
const SAVED: ReadonlySet<number> = new Set(
  (['rbx', 'rbp', 'r12', 'r13', 'r14', 'r15'] as const).map((name) => REGISTER_INDEX[name]),
);

/** Holds statements about a made oops against its run; while it is the last one. */
export class Steps {
  readonly #written = new Map<bigint, ReadonlySet<number>>();
  readonly #live: ReadonlySet<number>;
  readonly #places = new Map<string, bigint>();

  constructor(
    readonly machine: Unbooted,
    readonly oops: MadeOops,
  ) {
    const live = new Set<number>();
    for (let at = machine.callOf[machine.steps - 1]!; at >= 0; at = machine.calls[at]!.parent) live.add(at);
    this.#live = live;
    // The functions that were executed, by name; the trap's own before another of its name.
    for (let row = machine.steps - 1; row >= 0; row -= 1) {
      const symbol = machine.symbolAt(this.#rip(row));
      if (symbol !== undefined && !this.#places.has(symbol.name)) this.#places.set(symbol.name, symbol.at);
    }
  }

  #rip(row: number): bigint {
    return this.machine.rows[row * REGISTER_COUNT + RIP]!;
  }

  #value(row: number, register: number): bigint {
    return row >= this.machine.steps
      ? this.machine.registers[register]!
      : this.machine.rows[row * REGISTER_COUNT + register]!;
  }

  #addressOf({ at }: { readonly at: string }): bigint | undefined {
    const plus = at.lastIndexOf('+');
    const start = this.#places.get(plus < 0 ? at : at.slice(0, plus));
    return start === undefined ? undefined : start + (plus < 0 ? 0n : BigInt(at.slice(plus + 1)));
  }

  #bytes(address: bigint): Uint8Array {
    const { memory } = this.machine;
    return memory.isMapped(address, LONGEST) ? memory.read(address, LONGEST) : new Uint8Array(LONGEST);
  }

  #writes(address: bigint): ReadonlySet<number> {
    const known = this.#written.get(address);
    if (known !== undefined) return known;
    const uses = usesOf(this.#bytes(address), address).registers.filter(({ written }) => written);
    const found = new Set(uses.map(({ full }) => (REGISTERS as readonly string[]).indexOf(full)));
    this.#written.set(address, found);
    return found;
  }

  // The last row that wrote a register, before the trap; -1 for none. Not what a call saved and gave back, unless `literally`.
  #writer(register: number, literally = false): number {
    const { calls, callOf, steps } = this.machine;
    for (let row = steps - 2; row >= 0; row -= 1) {
      let call = callOf[row]!;
      if (!literally && !this.#live.has(call)) {
        while (!this.#live.has(calls[call]!.parent)) call = calls[call]!.parent;
        const { callRow } = calls[call]!;
        let after = row + 1;
        while (after < steps && !this.#live.has(callOf[after]!)) after += 1;
        if (SAVED.has(register) && this.#value(after, register) === this.#value(callRow, register)) {
          row = callRow + 1; // goes on before the first of the call
          continue;
        }
      }
      if (this.#writes(this.#rip(row)).has(register)) return row;
    }
    return -1;
  }

  // The addresses of a row and of the calls that it was executed in.
  #seenAs(row: number): Set<bigint> {
    const found = new Set<bigint>();
    for (let at = row; at >= 0;) {
      found.add(this.#rip(at));
      at = this.machine.calls[this.machine.callOf[at]!]!.callRow;
    }
    return found;
  }

  // The rows of an instruction in the calls that went on.
  #rowsOf(place: CodePlace | { readonly at: string }): number[] {
    const address = this.#addressOf(place);
    const rows: number[] = [];
    if (address !== undefined)
      for (let row = 0; row < this.machine.steps; row += 1)
        if (this.#rip(row) === address && this.#live.has(this.machine.callOf[row]!)) rows.push(row);
    // Of a function that called itself, the innermost call alone.
    const last = rows.at(-1);
    return last === undefined
      ? []
      : rows.filter((row) => this.machine.callOf[row] === this.machine.callOf[last]);
  }

  // What the instruction at a place last left in its first operand.
  #made(place: CodePlace, onlyMoves: boolean): bigint | undefined {
    const row = this.#rowsOf(place).at(-1);
    if (row === undefined) return undefined;
    const written = [...this.#writes(this.#rip(row))].filter((one) => one !== 4 && one >= 0 && one < 16);
    if (written.length !== 1 || (onlyMoves && !/^(?:mov|pop)/u.test(place.text))) return undefined;
    return this.#value(row + 1, written[0]!);
  }

  #valueOf(origin: Origin): bigint | undefined {
    switch (origin.kind) {
      case 'constant':
        return origin.value;
      case 'entry':
      case 'argument': {
        const at = origin.kind === 'argument' ? origin.of : origin.at;
        const row = at === null ? undefined : this.#rowsOf({ at }).at(0);
        return row === undefined
          ? undefined
          : this.#value(row, (REGISTERS as readonly string[]).indexOf(origin.register));
      }
      case 'sum': {
        const of = this.#valueOf(origin.of);
        return of === undefined ? undefined : u64(of + origin.plus);
      }
      case 'part': {
        const of = this.#valueOf(origin.of);
        if (of === undefined) return undefined;
        const low = BigInt.asUintN(origin.size * 8, of);
        return origin.signed ? u64(BigInt.asIntN(origin.size * 8, low)) : low;
      }
      case 'load':
        return this.#made(origin.by, true);
      case 'computed':
        return this.#made(origin.by, false);
      default:
        return undefined;
    }
  }

  #isTrue({ about, claim }: Statement): boolean | undefined {
    const register = about.kind === 'register' ? (REGISTERS as readonly string[]).indexOf(about.name) : -1;
    switch (claim.kind) {
      case 'written': {
        // A call that gives a register back writes it as well: of code that is followed, that is said.
        const rows = [this.#writer(register), this.#writer(register, true)].filter((row) => row >= 0);
        const seen = new Set(rows.flatMap((row) => [...this.#seenAs(row)]));
        const places = [...claim.by, ...claim.calls].map((one) => this.#addressOf(one));
        if (places.some((one) => one === undefined || seen.has(one))) return true;
        return claim.orBefore || (claim.by.length === 0 && claim.calls.length > 0) ? undefined : false;
      }
      case 'unwritten': {
        if (claim.since === null) return undefined;
        const since = this.#rowsOf({ at: claim.since }).at(0);
        return since === undefined ? undefined : this.#writer(register) < since;
      }
      case 'holds': {
        const of = this.#valueOf(claim.origin);
        return of === undefined || register < 0 ? undefined : of === this.machine.registers[register];
      }
      case 'guarded':
      case 'went': {
        const rows = this.#rowsOf(claim.by);
        if (rows.length === 0) return claim.kind === 'guarded' ? false : undefined;
        const went = rows.map((row) => {
          const at = this.#rip(row);
          const { length } = decodeOne(this.#bytes(at), at);
          return this.#value(row + 1, RIP) !== at + BigInt(length);
        });
        return claim.kind === 'guarded'
          ? went.at(-1) === claim.taken
          : went.every((one) => one === claim.taken);
      }
      case 'accesses':
        return claim.verdict === 'faulting' ? claim.address === this.oops.address : undefined;
      case 'rip-from':
        return claim.rip === this.oops.pc;
      // The report is true, and what it shows happened.
      case 'no-way':
      case 'contradiction':
        return false;
      default:
        return undefined;
    }
  }

  /** How many certain statements are true and how many cannot be told, and the words of the false ones. */
  judge({ code, trap, way, registers, stack, contradictions }: Explanation): {
    readonly checked: number;
    readonly unchecked: number;
    readonly wrong: readonly string[];
  } {
    const wrong: string[] = [];
    let [checked, unchecked] = [0, 0];
    for (const one of [code, trap, way, registers, stack, contradictions].flat()) {
      if (one.sure !== 'certain' && one.claim.kind !== 'contradiction') continue;
      const verdict = this.#isTrue(one);
      if (verdict === undefined) unchecked += 1;
      else checked += 1;
      if (verdict === false) wrong.push(statementText(one));
    }
    return { checked, unchecked, wrong };
  }
}
