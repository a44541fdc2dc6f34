// Programs that are drawn and recorded by our engine, in whatever host this runs: Node, or a page, which has no files.
import { PagedMemory } from '../../src/kernel/memory.js';
import type { Stop } from '../../src/machine/engine.js';
import { Wasm } from '../../src/machine/wasm.js';
import { provideCpu } from '../../src/machine/wasm-cpu.js';
import { Recorder } from '../../src/run/recorder.js';
import { REGISTERS, REGISTER_INDEX } from '../../src/x86/registers.js';
import { numbers } from './any-code.js';

const TEXT = 0xffffffff81000000n;
const DATA = 0xffff880000400000n;
const SIZE = 8192;

const PIECES = [
  [0x48, 0xff, 0xc0], [0x48, 0x01, 0xc3], [0x0f, 0xaf, 0xc3], [0x48, 0x89, 0x07], [0x48, 0x03, 0x06], [0xa4], [0x50], [0x58],
  [0xf3, 0xaa], [0x48, 0x8d, 0x3e], [0xb1, 0x09], [0xd3, 0xe0], [0x0f, 0xbc, 0xc3], [0xf0, 0x48, 0x0f, 0xb1, 0x07], [0xf7, 0xf1],
  [0x75, 0x02], [0x72, 0x01], [0xc3], [0x48, 0x8b, 0x04, 0x24], [0x11, 0xd0], [0x0f, 0x0b], [0x48, 0x87, 0x1f], [0xeb, 0xf0],
]; // prettier-ignore

// FNV-1a.
const hashOf = (...parts: readonly (Uint8Array | Uint32Array)[]): string => {
  let hash = 0x811c9dc5;
  for (const part of parts)
    for (const byte of new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
      hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
};

const endOf = (stop: Stop): string =>
  Object.values(stop)
    .map((value) => (typeof value === 'bigint' ? value.toString(16) : String(value)))
    .join(' ');

const runOne = (below: (bound: number) => number): string => {
  const memory = new PagedMemory([
    { start: TEXT, size: 4096, protection: 'read-execute', name: 'text' },
    { start: DATA, size: SIZE, protection: 'read-write', name: 'data' },
  ]);
  memory.write(TEXT, new Uint8Array(4096).fill(0x06));
  const code = Array.from({ length: 5 + below(30) }, () => PIECES[below(PIECES.length)]!).flat();
  memory.write(TEXT + 0x100n, Uint8Array.from(code));
  memory.write(
    DATA,
    Uint8Array.from({ length: SIZE }, () => below(256)),
  );
  const recorder = new Recorder(memory);
  using engine = new Wasm(memory, recorder);
  for (const [index] of REGISTERS.entries()) engine.registers[index] = BigInt(below(0x10000));
  for (const name of ['rsi', 'rdi', 'rsp'] as const)
    engine.registers[REGISTER_INDEX[name]] = DATA + BigInt(below(SIZE));
  engine.registers[REGISTER_INDEX.rflags] = 0x202n;
  engine.writeRegisters();
  const stop = engine.run(TEXT + 0x100n, 0n, 500);
  const { registers, accesses } = recorder.finish(engine.registers);
  return `${endOf(stop)} ${hashOf(registers, accesses, memory.bytes)}`;
};

/**
 * How each of some programs ended, with a hash of its recording and of memory at its end.
 *
 * @param cpu the compiled CPU
 */
export const runPrograms = (cpu: Uint8Array, seed: number, count: number): string[] => {
  provideCpu(cpu);
  const below = numbers(seed);
  return Array.from({ length: count }, () => runOne(below));
};
