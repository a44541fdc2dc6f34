// Instructions that no run goes past, against what iced-x86 calls privileged: another decoder's table.
import { createRequire } from 'node:module';
import type * as Iced from 'iced-x86';
import { describe, expect, it } from 'vitest';
import { findForbidden } from '../../src/x86/privileged.js';
import { decode } from '../../src/x86/disasm.js';
import { loadRelease } from '../../src/release/snippet.js';
import { cases } from '../helpers/effort.js';

const iced = createRequire(import.meta.url)('iced-x86') as typeof Iced;

// Reads, and the interrupt flag.
const ALLOWED = /^(?:Cli|Sti|Mov_r64_[cd]r|Rdmsr)$/u;

// Extensions that came after the CPUs of Linux 3.0: shadow stacks, confidential guests, user interrupts, bulk MSRs.
const LATER =
  /^(?:Clrssbsy|Setssbsy|Wruss|Enqcmds|Invlpgb|Tlbsync|Lkgs|Loadiwkey|Pbndkb|Pconfig|Psmash|Pvalidate|Rdmsrlist|Wrmsrlist|Wrmsrns|Rmp|Seam|Tdcall|Vmgexit)/u;

// What is no more privileged than an ordinary instruction, and has no place in a called function either.
const BESIDES =
  /^(?:Int|Iret|Retf|Call_m16|Jmp_m16|L[fgs]s_|Mov_Sreg|Pop[qw]_[FG]S|Sys(?:call|enter)|Getsec|Vm(?:m?call|func)|Monitor|Mwait|Rdpmc|Wr[fg]sbase)/u;

// Bytes in which every table of opcodes occurs often.
const drawn = function* (count: number): Generator<Uint8Array> {
  let state = 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) % below;
  };
  const pick = (...values: readonly number[]): number => values[next(values.length)]!;
  for (let index = 0; index < count; index += 1) {
    const bytes = Uint8Array.from({ length: 15 }, () => next(256));
    const start = [
      [],
      [0x0f],
      [0x0f, pick(0x00, 0x01, 0x20, 0x22, 0x38, 0xae, 0xc7)],
      [pick(0x66, 0xf2, 0xf3, 0x48), 0x0f, pick(0x01, 0x38, 0x78, 0xae, 0xc7)],
    ][next(4)]!;
    bytes.set(start);
    yield bytes;
  }
};

const nameOf = (bytes: Uint8Array): { readonly name: string; readonly privileged: boolean } | undefined => {
  const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
  const instruction = decoder.decode();
  try {
    if (instruction.isInvalid) return undefined;
    return { name: iced.Code[instruction.code]!, privileged: instruction.isPrivileged };
  } finally {
    instruction.free();
    decoder.free();
  }
};

describe('a forbidden instruction', () => {
  it('is every privileged one but reads and those of later CPUs, and nothing else than what is listed', () => {
    const missed = new Set<string>();
    const besides = new Set<string>();
    const found = new Set<string>();
    for (const bytes of drawn(cases(400_000))) {
      const known = nameOf(bytes);
      if (known === undefined || LATER.test(known.name)) continue;
      const forbidden = findForbidden(bytes);
      if (forbidden !== undefined) found.add(known.name);
      if (known.privileged && forbidden === undefined && !ALLOWED.test(known.name)) missed.add(known.name);
      if (!known.privileged && forbidden !== undefined && !BESIDES.test(known.name)) besides.add(known.name);
      if (forbidden !== undefined && ALLOWED.test(known.name)) besides.add(known.name);
    }
    expect([...missed]).toEqual([]);
    expect([...besides]).toEqual([]);
    expect(found.size).toBeGreaterThan(40);
  });

  it('occurs in no shipped snippet', () => {
    const found = loadRelease().snippets.flatMap(({ name, bytes, start }) =>
      decode(bytes, start)
        .filter((instruction) => findForbidden(instruction.bytes)?.trap === 'privileged instruction')
        .map(({ text }) => `${name}: ${text}`),
    );
    expect(found).toEqual([]);
  });
});
