// What is said of a string instruction that trapped, against the emulator: where it stopped, what was left and done.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { REGISTERS } from '../../src/x86/registers.js';
import { cases } from '../helpers/effort.js';
import { inventedReport, pageFaultHead } from '../helpers/invented-report.js';
import { DATA, callCode, machineWith } from '../helpers/small-machine.js';

const END = DATA + 4096n; // nothing is mapped from there on

const FORMS = [
  { code: 'f3a4', size: 1, symbol: 'memcpy', holder: 'rax', write: true },
  { code: 'f348a5', size: 8, symbol: 'memcpy', holder: 'rax', write: true },
  { code: 'f3aa', size: 1, symbol: 'memset', holder: 'r9', write: true },
  { code: 'f348ab', size: 8, symbol: 'memset', holder: 'r9', write: true },
] as const;

it('says what the emulator did', () => {
  const moves = fc.record({
    form: fc.constantFrom(...FORMS),
    room: fc.integer({ min: 0, max: 40 }), // elements that fit before the end
    beyond: fc.integer({ min: 1, max: 40 }), // elements that do not
  });
  fc.assert(
    fc.property(moves, ({ form, room, beyond }) => {
      const { code, size, holder, symbol } = form;
      const bytes = [...Buffer.from(code, 'hex')];
      const seen: { registers?: BigUint64Array; atTrap?: BigUint64Array } = {};
      using machine = machineWith(bytes, {
        observer: {
          instruction: () => undefined,
          read: () => undefined,
          write: () => undefined,
          stub: () => undefined,
          stubReturned: () => undefined,
          trap: () => {
            seen.atTrap = seen.registers!.slice();
          },
        },
      });
      seen.registers = machine.registers;
      const start = END - BigInt(room * size);
      const count = BigInt(room + beyond);
      const registers = { rdi: start, rsi: DATA, rcx: count, [holder]: start };
      const result = callCode(machine, { registers });
      expect(result.kind).toBe('trap');
      const now = new Map(REGISTERS.slice(0, 16).map((name, index) => [name, seen.atTrap![index]!]));
      const text = inventedReport({
        head: pageFaultHead(now.get('rdi')!, 2),
        code,
        symbol,
        registers: Object.fromEntries(now),
        cr2: now.get('rdi')!,
      });
      const explanation = explainReport(reportsOf(text)[0]!);
      expect(explanation.contradictions).toEqual([]);
      expect(explanation.bad).toMatchObject({ register: 'rdi' });
      const facts = explanation.trap.flatMap(({ claim }) =>
        claim.kind === 'trap-means' && claim.topic === 'string' ? [claim.facts] : [],
      );
      expect(facts).toEqual([
        { left: BigInt(beyond), size },
        { done: BigInt(room * size), total: count * BigInt(size) },
      ]);
    }),
    { numRuns: cases(60, 1000) },
  );
});
