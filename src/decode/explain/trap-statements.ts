// What the trapping instruction needed, and what was bad about it: the addresses that it accesses, computed from the
// registers, beside the address that faulted; for assertions, their kind.

import { hex } from '../../base/address.js';
import { append } from '../../base/long-lists.js';
import { type Analysis, weaker } from '../code/analysis.js';
import {
  FIRST_PAGE,
  accessOf,
  accessesOf,
  covers,
  faultOf,
  isFetch,
  jumpedTo,
  operandText,
  trappingBytes,
} from './accesses.js';
import { divideStatements, divisionOf, isDivideError } from './divide.js';
import type { BadValue } from './bad-value.js';
import { trapMeanings } from './trap-meanings.js';
import { guardOf } from './way-statements.js';
import { assertionOf } from './assertion.js';
import { interruptedStatements } from './interrupted.js';
import { ripAtFault, ripStatements } from './rip-from.js';
import type { CodeBytes, KernelReport, RegisterSet } from '../read/report.js';
import { type Claim, type Statement, type Subject, type Sure, statement } from '../code/statement.js';
import { nonCanonical } from './paging-depth.js';
import type { Surroundings } from './surroundings.js';

const TRAP: Subject = { kind: 'trap' };
// The bad part of the operand. What only repeats the address is left out.
const badOperand = (bad: BadValue | undefined, registers: RegisterSet): Statement[] =>
  bad?.register === undefined || bad.kind === 'kernel address'
    ? []
    : [
        statement(
          TRAP,
          bad.sure,
          {
            kind: 'bad-operand',
            register: bad.register,
            detail: `${bad.kind === 'text' ? 'it reads as' : 'it is'} ${bad.detail}`,
          },
          [`${bad.register} is ${hex(registers.values.get(bad.register) ?? bad.value)}`],
        ),
      ];

// Traps that come before the marked instruction accesses memory, or instead of it; at int3 and debug it has not run at all.
// Source: Intel SDM vol. 3, 6.15: #DB, #BP, #UD, #NM and #CP; names of traps from arch/x86/kernel/traps.c, v6.14
const NO_ACCESS = /^(?:int3|debug|invalid op|device not available|control protection)/iu;

const memoryStatements = (
  report: KernelReport,
  registers: RegisterSet,
  bytes: Uint8Array,
  around: Surroundings,
  bad: BadValue | undefined,
): Statement[] => {
  if (NO_ACCESS.test(report.die?.trap ?? '')) return [];
  const fault = faultOf(report, registers);
  const lay = ripAtFault(report, registers, bytes);
  // Without the line that says what happened it may have been interrupted.
  const most: Sure = report.kind === 'unknown' ? 'likely' : 'certain';
  const found = accessesOf(bytes, lay.rip, registers);
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
    else
      statements.push(statement(TRAP, use.rip === undefined ? most : weaker(lay.sure, most), claim, because));
  }
  return [...statements, ...badOperand(bad, registers)];
};

export const trapStatements = (
  report: KernelReport,
  registers: RegisterSet,
  code: CodeBytes | undefined,
  analysis: Analysis | undefined,
  around: Surroundings,
  bad: BadValue | undefined,
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
    const none = new Uint8Array();
    return [
      statement(TRAP, 'certain', claim, because),
      ...trapMeanings(report, registers, code, none, around),
    ];
  }
  const bytes = trappingBytes(code);
  const meanings = trapMeanings(report, registers, code, bytes, around);
  if (bytes.length === 0) return meanings;
  const rip = registers.values.get('rip') ?? registers.rip?.address;
  const asserted = assertionOf(report, bytes);
  const division = isDivideError(report) ? divisionOf(bytes, rip ?? 0n, registers) : undefined;
  const statements =
    division !== undefined
      ? divideStatements(division)
      : asserted === undefined
        ? memoryStatements(report, registers, bytes, around, bad)
        : [
            statement(
              TRAP,
              asserted.sure,
              { kind: 'asserts', what: asserted.what, detail: asserted.detail },
              asserted.because,
            ),
          ];
  append(statements, [...meanings, ...ripStatements(report, registers, bytes, analysis)]);
  return analysis === undefined ? statements : [...statements, ...guardOf(analysis)];
};
