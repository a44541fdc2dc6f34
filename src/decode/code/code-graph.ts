// Instructions and where execution can go from each, over one function and the functions that it calls, if their bytes
// are known: every call has its own copy of the called function.
// Over 300 lines because one builder has the nodes, and each kind of way between them is made here.

import { type Addr, u64 } from '../../base/address.js';
import { plural } from '../../base/words.js';
import { isFragment } from './fragment.js';
import { REGISTER_INDEX } from '../../x86/registers.js';
import { type Code, type CodePiece, decodePiece, isCall, placeOf } from './code-piece.js';

/** An instruction in one copy of a function. */
export interface Node {
  readonly id: number;
  readonly code: Code;
  /** Number of the copy of the function that it is in. */
  readonly copy: number;
  /** The call in the graph that leads to this copy; absent for the functions of the chain. */
  readonly site: number | undefined;
  /** Nodes that may be executed next. */
  readonly next: number[];
  readonly before: number[];
  /** For calls: `inside` when the called function is in the graph; a jump that leaves for good is not a call. */
  readonly call: 'inside' | 'opaque' | undefined;
  /** The other successor of a conditional jump is the next instruction. */
  readonly taken: number | undefined;
}

/** A graph with its entries: nodes that may be reached from code that is not in it. */
export interface CodeGraph {
  readonly nodes: readonly Node[];
  readonly entries: ReadonlySet<number>;
  readonly trap: number;
  /** Whether every way to the trap is in the graph. */
  readonly complete: boolean;
  /** Why it is not, in words. */
  readonly gaps: readonly string[];
}

const MOST_NODES = 6000;
const MOST_COPIES = 24;
const DEEPEST = 4;

/** Functions by the address of their first byte, and by name. */
export interface KnownCode {
  findPiece(address: Addr | undefined, name: string | undefined): CodePiece | undefined;
}

/** Where a graph starts and ends. */
interface GraphRequest {
  /** From the outermost function that is followed to the trapping one. */
  readonly chain: readonly {
    readonly piece: CodePiece;
    /** Offset in the function of the call that leads to the next piece, or of the trap. */
    readonly at: number;
  }[];
  readonly known?: KnownCode;
}

interface Copy {
  readonly first: number | undefined; // node that is entered first
  /** Nodes of instructions by address. */
  readonly nodes: ReadonlyMap<Addr, number>;
  readonly returns: number[];
  readonly leaves: boolean; // a jump whose targets are not known, or bytes that are not an instruction
}

// `ud1 (%edx),%reg`, which the kernel uses for warnings since 6.19; checks of clang use other operands, and end.
const isWarning = ({ operation: { operands, address } }: Code): boolean =>
  address?.base === REGISTER_INDEX.rdx && address.displacement === 0n && operands.length > 0;

/**
 * Whether execution may go on after an instruction that traps. That of a warning does so at the next one, and nothing in
 * the bytes tells it from a BUG(), but for the jump to itself that the latter had before 4.11.
 * Source: handle_bug(), arch/x86/kernel/traps.c, v6.1; arch/x86/include/asm/bug.h, v4.10
 */
const goesOn = (code: Code, following: Code | undefined): boolean => {
  const { name } = code.operation;
  if (name === 'ud1') return isWarning(code);
  if (name !== 'ud2') return name.startsWith('int');
  const { instruction } = following ?? {};
  return instruction?.flow !== 'jump' || instruction.target !== instruction.address;
};

// The target of a jump may jump back, unless it is in another function. What only a section names may be a part of this one.
const isAway = (name: string | undefined): boolean =>
  name !== undefined && !name.startsWith('.') && !isFragment(name);

const addressOf = ({ piece, at }: Pick<Code, 'piece' | 'at'>): Addr =>
  u64(piece.address + BigInt(at - piece.offset));

// Offset in the bytes of the piece, as its tables count.
// A jump to a thunk that returns.
const returning = (code: Code): Code => ({
  ...code,
  transfer: { ...code.transfer, kind: 'return', size: 8 },
});

const offsetOf = ({ piece, at }: Pick<Code, 'piece' | 'at'>): number => at - piece.offset;

const targetOf = (code: Code): Addr | undefined =>
  code.piece.ways?.targets.get(offsetOf(code)) ?? code.instruction.target;

/** The piece with all other parts of its function. */
const partsOf = (piece: CodePiece): readonly CodePiece[] => [piece, ...(piece.parts ?? [])];

const startOf = (piece: CodePiece): Addr => u64(piece.address + BigInt(piece.from ?? 0));

// Stands before an instruction that may not be executed, since ways lead on from there to others.
const forkBefore = (code: Code): Code => ({
  ...code,
  instruction: { ...code.instruction, flow: 'next' },
  operation: { name: 'nop', operands: [], address: undefined, size: 0, condition: -1, writesFlags: false },
  transfer: { ...code.transfer, kind: 'none' },
  writes: [],
  stores: false,
});

class Builder {
  readonly nodes: Node[] = [];
  readonly entries = new Set<number>();
  readonly gaps: string[] = [];
  #copies = 0;

  constructor(readonly request: GraphRequest) {}

  build(): CodeGraph {
    const { chain } = this.request;
    let from: number | undefined;
    let copy: Copy | undefined;
    for (const { piece, at } of chain) {
      copy = this.copy(piece, 0);
      const { first } = copy;
      if (from !== undefined && first !== undefined) this.link(from, first);
      else if (first !== undefined) this.entries.add(first);
      const here = copy.nodes.get(addressOf({ piece, at }));
      if (here === undefined) throw new TypeError(`no instruction starts at ${placeOf({ piece, at })}`);
      from = this.lastTime(here);
      if (piece.exceptions === true)
        this.gaps.push(`handlers of exceptions lead back into ${piece.symbol ?? 'the function'}`);
      if (piece.patched === true)
        this.gaps.push(
          `the kernel changes ${piece.symbol ?? 'the function'} while it runs, by jump labels or alternatives`,
        );
      if (piece.differs !== undefined)
        this.gaps.push(`${plural(piece.differs, 'byte')} of the Code: line differ from those of the file`);
      if (!piece.whole) this.gaps.push('only a part of the function is known');
      if (this.hasProbe(copy))
        this.gaps.push('an int3 on the way may stand for an instruction that a probe replaced');
      if (copy.leaves) this.gaps.push(`${piece.symbol ?? 'the code'} has jumps whose targets are not known`);
    }
    return {
      nodes: this.nodes,
      entries: this.entries,
      trap: from!,
      complete: this.gaps.length === 0,
      gaps: this.gaps,
    };
  }

  // The instruction that traps, or calls the function that does, may have been executed before, in a loop: the last time
  // has a separate node.
  lastTime(at: number): number {
    const node = this.nodes[at]!;
    const id = this.nodes.length;
    const call = node.call === undefined ? undefined : 'inside';
    this.nodes.push({ ...node, id, next: [], before: [], call, taken: undefined });
    for (const from of node.before) this.link(from, id);
    if (this.entries.has(at)) this.entries.add(id);
    return id;
  }

  link(from: number, to: number): void {
    if (this.nodes[from]!.next.includes(to)) return;
    this.nodes[from]!.next.push(to);
    this.nodes[to]!.before.push(from);
  }

  // Whether a function can be followed: all of it known, and every jump in it.
  followed(piece: CodePiece | undefined, depth: number, active: readonly CodePiece[]): piece is CodePiece {
    if (piece?.whole !== true || piece.exceptions === true || piece.patched === true) return false;
    if (depth > DEEPEST || active.includes(piece)) return false;
    const parts = partsOf(piece);
    const size = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (this.#copies >= MOST_COPIES || this.nodes.length + size > MOST_NODES) return false;
    return parts.every((part) => {
      return [...decodePiece(part).values()].every((code) => {
        const { flow } = code.instruction;
        const exit = part.ways?.exits.get(offsetOf(code));
        // Another function that returns in its place is not followed, and what it does is not known.
        if (exit !== undefined) return exit !== 'tail call';
        if (flow === 'indirect jump') return false;
        return !flow.endsWith('jump') || this.isInside(parts, targetOf(code));
      });
    });
  }

  isInside(parts: readonly CodePiece[], target: Addr | undefined): boolean {
    return (
      target !== undefined && parts.some(({ address, bytes }) => u64(target - address) < BigInt(bytes.length))
    );
  }

  // A probe puts an int3 in the place of the first byte of an instruction, so that the bytes after it are the rest of that.
  // Compilers leave int3 where nothing arrives but from another one. Source: arch/x86/kernel/kprobes/core.c, v6.6
  hasProbe({ nodes }: Copy): boolean {
    return [...nodes.values()].some((id) => {
      const { code, before } = this.nodes[id]!;
      if (code.operation.name !== 'int3') return false;
      return this.entries.has(id) || before.some((from) => this.nodes[from]!.code.operation.name !== 'int3');
    });
  }

  // Bytes that are not an instruction: the following ones may be decoded from a wrong start.
  hasHoles(piece: CodePiece): boolean {
    const codes = decodePiece(piece);
    let at = piece.offset + (piece.from ?? 0);
    for (const code of codes.values()) {
      if (code.at !== at) return true;
      at += code.instruction.length;
    }
    return codes.size === 0;
  }

  // The function that a call goes to, where it can be followed.
  calleeOf(code: Code, depth: number, inside: readonly CodePiece[]): CodePiece | undefined {
    if (!isCall(code) || code.piece.ways?.traced.has(offsetOf(code)) === true) return undefined;
    const called = this.request.known?.findPiece(
      code.instruction.flow === 'call' ? targetOf(code) : undefined,
      code.piece.calls?.get(offsetOf(code)),
    );
    return this.followed(called, depth + 1, inside) ? called : undefined;
  }

  // One copy of a function.
  copy(piece: CodePiece, depth: number, site?: number, active: readonly CodePiece[] = []): Copy {
    const copy = this.#copies++;
    const parts = partsOf(piece);
    const nodes = new Map<Addr, number>(); //   of instructions
    const arrivals = new Map<Addr, number>(); // where ways to an instruction arrive, if not at itself
    const callees = new Map<number, CodePiece>();
    const inside = [...active, piece];
    for (const part of parts)
      for (const code of decodePiece(part).values()) {
        const at = addressOf(code);
        const traced = part.ways?.traced.has(offsetOf(code)) === true;
        if (
          part.ways?.instead.has(offsetOf(code)) === true ||
          part.ways?.handlers.has(offsetOf(code)) === true
        )
          arrivals.set(at, this.add({ code: forkBefore(code), copy, site, call: undefined }));
        const callee = this.calleeOf(code, depth, inside);
        const call = !isCall(code) || traced ? undefined : callee === undefined ? 'opaque' : 'inside';
        const id = this.add({ code: traced ? forkBefore(code) : code, copy, site, call });
        if (callee !== undefined) callees.set(id, callee);
        nodes.set(at, id);
      }
    const arrivalAt = (at: Addr | undefined): number | undefined =>
      at === undefined ? undefined : (arrivals.get(at) ?? nodes.get(at));
    const returns: number[] = [];
    let leaves = parts.some((part) => this.hasHoles(part));
    const lead = (from: number, to: Addr | undefined): void => {
      const target = arrivalAt(to);
      if (target === undefined) leaves = true;
      else this.link(from, target);
    };
    for (const [at, id] of nodes) {
      const { code, call } = this.nodes[id]!;
      const { flow, length } = code.instruction;
      const { ways, calls, resumes, address, bytes } = code.piece;
      const end = u64(at + BigInt(length));
      const isLast = resumes !== undefined && end === u64(address + BigInt(bytes.length));
      const following = arrivalAt(isLast ? resumes : end);
      const toNext = (): void => {
        if (following !== undefined) this.link(id, following);
      };
      const fork = arrivals.get(at);
      if (fork !== undefined) {
        this.link(fork, id);
        for (const other of ways?.instead.get(offsetOf(code)) ?? []) lead(fork, other);
        const handler = ways?.handlers.get(offsetOf(code));
        if (handler !== undefined) {
          lead(fork, handler);
          lead(id, handler);
        }
      }
      const exit = ways?.exits.get(offsetOf(code));
      if (exit === 'return') {
        returns.push(id);
        // A jump to a return thunk pops as the `ret` there does. One that may go on does so on one of its ways alone, and what
        // follows the call of its function would have two places of the stack.
        if (flow === 'jump') this.nodes[id] = { ...this.nodes[id]!, code: returning(code) };
        else if (flow === 'conditional jump' && depth > 0) leaves = true;
      }
      if (exit !== undefined) {
        if (flow === 'conditional jump') toNext();
      } else if (call === 'opaque') toNext();
      else if (call === 'inside') {
        const inner = this.copy(callees.get(id)!, depth + 1, id, inside);
        if (inner.first !== undefined) this.link(id, inner.first);
        for (const one of inner.returns) if (following !== undefined) this.link(one, following);
      } else if (flow === 'return') returns.push(id);
      else if (flow === 'indirect jump') leaves = true;
      else if (flow === 'jump' || flow === 'conditional jump') {
        if (flow === 'conditional jump') toNext();
        const target = targetOf(code);
        const inParts = arrivalAt(target);
        if (inParts !== undefined) this.link(id, inParts);
        else if (this.isInside(parts, target) || !isAway(calls?.get(offsetOf(code)))) leaves = true;
      } else if (flow !== 'trap' || goesOn(code, decodePiece(code.piece).get(code.at + length))) toNext();
      const taken = flow.endsWith('jump') && exit === undefined ? arrivalAt(targetOf(code)) : undefined;
      if (taken !== undefined) this.nodes[id] = { ...this.nodes[id]!, taken };
    }
    if (!piece.whole) {
      // An instruction that no visible one leads to is reached from code that is not visible.
      for (const id of nodes.values()) if (this.nodes[id]!.before.length === 0) this.entries.add(id);
    }
    return { first: arrivalAt(startOf(piece)), nodes, returns, leaves };
  }

  add(node: Pick<Node, 'code' | 'copy' | 'site' | 'call'>): number {
    const id = this.nodes.length;
    this.nodes.push({ ...node, id, next: [], before: [], taken: undefined });
    return id;
  }
}

/** @throws {TypeError} when no instruction starts at a place that the chain names */
export const buildGraph = (request: GraphRequest): CodeGraph => new Builder(request).build();
