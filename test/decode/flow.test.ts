// What registers and stack words hold after a few instructions, by the definition of each instruction.
import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/decode/code/code-graph.js';
import { findFeasible } from '../../src/decode/code/feasible.js';
import { flowTo, stackOffset } from '../../src/decode/code/flow.js';
import { REGISTER_INDEX } from '../../src/x86/registers.js';

const { rax, rbx, rdi, rsp } = REGISTER_INDEX;
const UD2 = [0x0f, 0x0b];

/** The state before the ud2 after some instructions, with the offsets of the writers instead of their nodes. */
const stateAfter = (
  instructions: readonly (readonly number[])[],
  known: ReadonlyMap<number, bigint> = new Map(),
) => {
  const bytes = Uint8Array.from([...instructions.flat(), ...UD2]);
  const piece = { symbol: 'f', address: 0xffffffff81000000n, offset: 0, bytes, whole: true };
  const graph = buildGraph({ chain: [{ piece, at: bytes.length - UD2.length }] });
  const { state } = flowTo(graph, findFeasible(graph, known, 57));
  const offsets = (nodes: ReadonlySet<number>): number[] =>
    [...nodes].map((id) => graph.nodes[id]?.code.at ?? -1).toSorted((a, b) => a - b);
  return { state, offsets };
};

const PUSH_RBX = [0x53];
const MOV_RDI_TO_RBX = [0x48, 0x89, 0xfb];
const ADD_8_TO_RBX = [0x48, 0x83, 0xc3, 0x08];

describe('straight on', () => {
  it('a register is a sum of another one at the entry, and its last writer is named', () => {
    const { state, offsets } = stateAfter([PUSH_RBX, MOV_RDI_TO_RBX, ADD_8_TO_RBX]);
    const held = state!.registers[rbx]!;
    expect(held.value).toEqual({ kind: 'sum', of: { kind: 'entry', register: rdi }, plus: 8n });
    expect(offsets(held.writers)).toEqual([4]);
    expect(offsets(state!.registers[rdi]!.writers)).toEqual([-1]);
  });

  it('a pushed register is in the word below, and RSP is 8 less', () => {
    const { state, offsets } = stateAfter([PUSH_RBX, MOV_RDI_TO_RBX]);
    expect(stackOffset(state!.registers[rsp]!.value)).toBe(-8);
    expect([...state!.slots.keys()]).toEqual([-8]);
    const word = state!.slots.get(-8)!;
    expect(word).toMatchObject({ pushed: true, weak: false, value: { kind: 'entry', register: rbx } });
    expect(offsets(word.writers)).toEqual([0]);
  });
});

describe('two ways', () => {
  const TEST_RDI = [0x48, 0x85, 0xff];
  const JE_OVER_MOV_1_AND_JMP = [0x74, 0x07];
  const MOV_1_TO_EAX = [0xb8, 1, 0, 0, 0];
  const JMP_OVER_MOV_2 = [0xeb, 0x05];
  const MOV_2_TO_EAX = [0xb8, 2, 0, 0, 0];
  const code = [TEST_RDI, JE_OVER_MOV_1_AND_JMP, MOV_1_TO_EAX, JMP_OVER_MOV_2, MOV_2_TO_EAX];

  it('that both may have been taken leave two writers and no one value', () => {
    const { state, offsets } = stateAfter(code);
    expect(offsets(state!.registers[rax]!.writers)).toEqual([5, 12]);
    expect(state!.registers[rax]!.value.kind).toBe('unknown');
  });

  it.each([
    [1n, 5],
    [2n, 12],
  ])('are told apart by what the register holds at the trap: %s', (value, writer) => {
    const { state, offsets } = stateAfter(code, new Map([[rax, value]]));
    expect(offsets(state!.registers[rax]!.writers)).toEqual([writer]);
    expect(state!.registers[rax]!.value).toEqual({ kind: 'constant', value });
  });

  it('of which none leads to the registers at the trap have no state', () => {
    expect(stateAfter(code, new Map([[rax, 3n]])).state).toBeUndefined();
  });
});
