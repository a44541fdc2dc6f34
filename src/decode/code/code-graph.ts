// Instructions and where execution can go from each, over one function and the functions that it calls, if their bytes
// are known: every call has its own copy of the called function.

import type { Addr } from '../../base/address.js';
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
  readonly first: number | undefined; // node of the first instruction
  readonly byOffset: ReadonlyMap<number, number>;
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
      const first = copy.byOffset.get(piece.offset + (piece.from ?? 0));
      if (from !== undefined && first !== undefined) this.link(from, first);
      else if (first !== undefined) this.entries.add(first);
      const here = copy.byOffset.get(at);
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
    if (this.#copies >= MOST_COPIES || this.nodes.length + piece.bytes.length > MOST_NODES) return false;
    return [...decodePiece(piece).values()].every(
      (code) =>
        code.instruction.flow !== 'indirect jump' &&
        (!code.instruction.flow.endsWith('jump') || this.offsetIn(code) !== undefined),
    );
  }

  // A probe puts an int3 in the place of the first byte of an instruction, so that the bytes after it are the rest of that.
  // Compilers leave int3 where nothing arrives. Source: arch/x86/kernel/kprobes/core.c, v6.6
  hasProbe({ byOffset }: Copy): boolean {
    return [...byOffset.values()].some((id) => {
      const { code, before } = this.nodes[id]!;
      return code.operation.name === 'int3' && (before.length > 0 || this.entries.has(id));
    });
  }

  // Bytes that are not an instruction: the following ones may be decoded from a wrong start.
  hasHoles(piece: CodePiece, codes: ReadonlyMap<number, Code>): boolean {
    let at = piece.offset + (piece.from ?? 0);
    for (const code of codes.values()) {
      if (code.at !== at) return true;
      at += code.instruction.length;
    }
    return false;
  }

  // One copy of a function.
  copy(piece: CodePiece, depth: number, site?: number, active: readonly CodePiece[] = []): Copy {
    const codes = decodePiece(piece);
    const copy = this.#copies++;
    const byOffset = new Map<number, number>();
    const returns: number[] = [];
    let leaves = codes.size === 0 || this.hasHoles(piece, codes);
    const inside = [...active, piece];
    const callees = new Map<number, CodePiece>();
    for (const code of codes.values()) {
      const { instruction, at } = code;
      const enters = isCall(code);
      const called = enters
        ? this.request.known?.findPiece(
            instruction.flow === 'call' ? instruction.target : undefined,
            piece.calls?.get(at - piece.offset),
          )
        : undefined;
      if (this.followed(called, depth + 1, inside)) callees.set(at, called);
      const id = this.nodes.length;
      const call = !enters ? undefined : callees.has(at) ? 'inside' : 'opaque';
      const offset = instruction.target === undefined ? undefined : this.offsetIn(code);
      this.nodes.push({ id, code, copy, site, next: [], before: [], call, taken: offset });
      byOffset.set(at, id);
    }
    for (const [at, id] of byOffset) {
      const { code, call } = this.nodes[id]!;
      const { flow, length } = code.instruction;
      const following = byOffset.get(at + length);
      const toNext = (): void => {
        if (following !== undefined) this.link(id, following);
      };
      if (call === 'opaque') toNext();
      else if (call === 'inside') {
        const inner = this.copy(callees.get(at)!, depth + 1, id, inside);
        if (inner.first !== undefined) this.link(id, inner.first);
        for (const one of inner.returns) if (following !== undefined) this.link(one, following);
      } else if (flow === 'return') returns.push(id);
      else if (flow === 'indirect jump') leaves = true;
      else if (flow === 'jump' || flow === 'conditional jump') {
        if (flow === 'conditional jump') toNext();
        const target = this.offsetIn(code);
        const inPiece = target === undefined ? undefined : byOffset.get(target);
        if (inPiece !== undefined) this.link(id, inPiece);
        else if (target !== undefined || !isAway(piece.calls?.get(at - piece.offset))) leaves = true;
      } else if (flow !== 'trap' || goesOn(code, codes.get(at + length))) toNext();
    }
    this.nodes.forEach((node) => {
      if (node.copy !== copy || node.taken === undefined) return;
      const target = byOffset.get(node.taken);
      this.nodes[node.id] = { ...node, taken: target };
    });
    if (!piece.whole) {
      // An instruction that no visible one leads to is reached from code that is not visible.
      for (const id of byOffset.values()) if (this.nodes[id]!.before.length === 0) this.entries.add(id);
    }
    const first = byOffset.get(piece.offset + (piece.from ?? 0));
    return { first, byOffset, returns, leaves };
  }

  offsetIn({ piece, instruction }: Code): number | undefined {
    const { target } = instruction;
    if (target === undefined) return undefined;
    const offset = Number(BigInt.asIntN(64, target - piece.address)) + piece.offset;
    const inside = offset >= piece.offset && offset < piece.offset + piece.bytes.length;
    return inside ? offset : undefined;
  }
}

/** @throws {TypeError} when no instruction starts at a place that the chain names */
export const buildGraph = (request: GraphRequest): CodeGraph => new Builder(request).build();
