// What the trapping instruction needed, and what was bad about it: the addresses that it accesses, computed from the
// registers, beside the address that faulted; for assertions, their kind.

import { type Addr, hex, u64 } from '../../base/address.js';
import { type MemoryUse, decodeOne } from '../../x86/disasm.js';
import type { Analysis } from '../code/analysis.js';
import {
  FIRST_PAGE,
  accessOf,
  accessesOf,
  covers,
  faultOf,
  isFetch,
  jumpedTo,
  operandText,
} from './accesses.js';
import { divideStatements, divisionOf, isDivideError } from './divide.js';
import { guardOf } from './way-statements.js';
import { assertionOf } from './assertion.js';
import { interruptedStatements } from './interrupted.js';
import { ripStatements } from './rip-from.js';
import type { CodeBytes, KernelReport, RegisterSet } from '../read/report.js';
import { type Claim, type Statement, type Subject, statement } from '../code/statement.js';
import { nonCanonical } from './paging-depth.js';
import { KASAN_SHADOW_OFFSET, type Surroundings, looksOf } from './value-kinds.js';

const TRAP: Subject = { kind: 'trap' };
const nearNull = (use: MemoryUse, registers: RegisterSet, address: Addr): string | undefined => {
  const signed = BigInt.asIntN(64, use.displacement);
  const base = use.base === undefined ? undefined : registers.values.get(use.base);
  if (base === undefined || use.index !== undefined || base >= FIRST_PAGE) return undefined;
  if (base === 0n && signed >= 0n && address < FIRST_PAGE)
    return `it is NULL${signed === 0n ? '' : `; the field at offset ${hex(signed)} was wanted`}`;
  if (base === 0n && signed < 0n)
    return `it is NULL; the instruction goes ${hex(-signed)} bytes back from it, as container_of() does from a member`;
  return address < FIRST_PAGE
    ? `it is ${hex(base)}, near NULL: the address of a field of a NULL pointer, or a small number`
    : undefined;
};

/** Statements about a bad address from the registers of its memory operand. */
const badOperands = (
  use: MemoryUse,
  address: Addr,
  registers: RegisterSet,
  around: Surroundings,
): Statement[] => {
  const shadow =
    use.displacement === KASAN_SHADOW_OFFSET ||
    [use.base, use.index].some(
      (name) => name !== undefined && registers.values.get(name) === KASAN_SHADOW_OFFSET,
    );
  if (shadow) {
    const real = u64((address - KASAN_SHADOW_OFFSET) << 3n);
    const name = [use.base, use.index].find(
      (one) => one !== undefined && registers.values.get(one) !== KASAN_SHADOW_OFFSET,
    );
    const detail = `${hex(address)} is the KASAN shadow of ${hex(real)} to ${hex(real + 7n)}, which the kernel checks before an access there`;
    return [
      statement(TRAP, 'likely', { kind: 'bad-operand', register: name ?? 'rax', detail }, [
        `${hex(KASAN_SHADOW_OFFSET)} is KASAN_SHADOW_OFFSET`,
      ]),
    ];
  }
  const statements: Statement[] = [];
  for (const name of [use.base, use.index]) {
    const value = name === undefined ? undefined : registers.values.get(name);
    if (name === undefined || value === undefined) continue;
    const detail = nearNull(use, registers, address);
    if (detail !== undefined) {
      statements.push(
        statement(TRAP, 'likely', { kind: 'bad-operand', register: name, detail }, [
          `${name} is ${hex(value)}`,
        ]),
      );
      continue;
    }
    // A scaled index or a sum may be bad though no part of it looks so.
    const look = looksOf(value, around).find(({ what }) =>
      ['poison', 'not canonical', 'error code', 'text', 'KASAN shadow', 'user address'].includes(what),
    );
    if (look === undefined) continue;
    const because = [`${name} is ${hex(value)}`];
    const says = look.what === 'text' ? `it reads as ${look.detail}` : `it is ${look.detail}`;
    statements.push(
      statement(
        TRAP,
        look.sure === 'certain' ? 'likely' : look.sure,
        { kind: 'bad-operand', register: name, detail: says },
        because,
      ),
    );
  }
  return statements;
};

const memoryStatements = (
  report: KernelReport,
  registers: RegisterSet,
  bytes: Uint8Array,
  rip: Addr | undefined,
  around: Surroundings,
): Statement[] => {
  const fault = faultOf(report, registers);
  const found = accessesOf(bytes, rip, registers);
  const faulting =
    fault === undefined ? undefined : found.find(({ use, address }) => covers(address, use.size, fault));
  const statements: Statement[] = [];
  for (const one of found) {
    const { use, address } = one;
    const wild = report.kind === 'gpf' ? nonCanonical(address, around.depth) : undefined;
    const near = address < FIRST_PAGE;
    if (faulting !== undefined && one !== faulting) continue;
    const verdict =
      one === faulting ? 'faulting' : wild !== undefined ? 'not canonical' : near ? 'near NULL' : 'other';
    const claim: Claim = {
      kind: 'accesses',
      access: accessOf(use),
      operand: operandText(use),
      address,
      size: use.size,
      verdict,
    };
    const because = one === faulting ? [`the report gives ${hex(fault!)} as the address`] : [];
    if (verdict === 'not canonical' && wild!.sure !== 'certain')
      statements.push(statement(TRAP, wild!.sure, claim, [wild!.because]));
    else statements.push(statement(TRAP, 'certain', claim, because));
    if (verdict !== 'other') statements.push(...badOperands(use, address, registers, around));
  }
  return statements;
};

export const trapStatements = (
  report: KernelReport,
  registers: RegisterSet,
  code: CodeBytes | undefined,
  analysis: Analysis | undefined,
  around: Surroundings,
): Statement[] => {
  if (registers.role === 'interrupted') return interruptedStatements(report, registers);
  const target = jumpedTo(report, registers);
  if (target !== undefined) {
    const claim: Claim = {
      kind: 'accesses',
      access: 'jump',
      operand: '',
      address: target,
      size: 0,
      verdict: 'faulting',
    };
    const because = isFetch(report)
      ? [`the error code ${hex(report.errorCode ?? 0)} means an instruction fetch`]
      : ['RIP is the address that faulted'];
    return [statement(TRAP, 'certain', claim, because)];
  }
  if (code?.marked === undefined) return [];
  const bytes = code.bytes.subarray(code.marked);
  const rip = registers.values.get('rip') ?? registers.rip?.address;
  if (bytes.length === 0 || decodeOne(bytes, rip ?? 0n).flow === 'bad') return [];
  const asserted = assertionOf(report, bytes);
  const division = isDivideError(report) ? divisionOf(bytes, rip ?? 0n, registers) : undefined;
  const statements =
    division !== undefined
      ? divideStatements(division)
      : asserted === undefined
        ? memoryStatements(report, registers, bytes, rip, around)
        : [
            statement(
              TRAP,
              asserted.sure,
              { kind: 'asserts', what: asserted.what, detail: asserted.detail },
              asserted.because,
            ),
          ];
  statements.push(...ripStatements(report, registers, bytes, analysis));
  return analysis === undefined ? statements : [...statements, ...guardOf(analysis)];
};
