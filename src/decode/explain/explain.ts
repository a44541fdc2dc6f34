// What a report still shows: all statements about it, and the listing of its code.

import { hex } from '../../base/address.js';
import { once } from '../../base/once.js';
import { plural } from '../../base/words.js';
import { decodeOne } from '../../x86/disasm.js';
import { type Analysis, analyse, codeOf, ripOf, weaker } from '../code/analysis.js';
import { decodePiece, placeOf } from '../code/code-piece.js';
import { decodecode } from '../code/decodecode.js';
import { isFragment } from '../code/fragment.js';
import type { FittedCode } from '../code/fitted.js';
import { REGISTERS } from '../../x86/registers.js';
import type { BadValue } from './bad-value.js';
import { hasKasan } from './kernel-regions.js';
import { contradictionsOf } from './consistency.js';
import { badValueOf } from './find-bad-value.js';
import { type ExplainedInstruction, instructionsAfter, instructionsTo } from './listing.js';
import { mostBits, pagingDepthOf } from './paging-depth.js';
import { registerStatements } from './register-statements.js';
import type { CodeBytes, KernelReport, RegisterRole, RegisterSet } from '../read/report.js';
import { locationText, stackStatements } from './stack-statements.js';
import { findLostMark } from './lost-mark.js';
import { restored, weighing } from './reconstructed.js';
import { type Statement, type Subject, statement } from '../code/statement.js';
import type { TrapTypes } from '../types/trap-types.js';
import { trapStatements } from './trap-statements.js';
import { wayStatements } from './way-statements.js';
import type { Surroundings } from './surroundings.js';

export interface Explanation {
  /** What the registers that it explains are of; absent where there are none. */
  readonly role?: RegisterRole;
  /** The value that made the instruction trap, and what it is; absent where no reading is better than the others. */
  readonly bad?: BadValue;
  /** Where headline, error code, address, instruction and registers do not fit each other. */
  readonly contradictions: readonly Statement[];
  /** The listing of scripts/decodecode; absent without bytes. */
  readonly decodecode: string | undefined;
  /** The instructions before the trap and the trap itself. */
  readonly instructions: readonly ExplainedInstruction[];
  /** The instructions after the trap that the Code: line has. */
  readonly after: readonly ExplainedInstruction[];
  readonly trap: readonly Statement[];
  readonly code: readonly Statement[];
  /** Which way led to the trap, where all of the code is known. */
  readonly way: readonly Statement[];
  readonly registers: readonly Statement[];
  readonly stack: readonly Statement[];
  /** Why no statement about the effects of code is certain; empty where all of the code is known. */
  readonly gaps: readonly string[];
  /** What the types of the kernel say of the trap; absent without a kernel. */
  readonly types?: TrapTypes;
}

/** Code that somebody named for a text: its functions make explanations stronger. */
export interface NamedCode {
  /** @throws {OtherCodeError} when it is not the code of the report */
  explain(report: KernelReport, registers: RegisterSet): Explanation;
  /** @throws {InputError} when there is no such code */
  check(): void;
  /** Set where a report of other code is no error: it is explained without. */
  readonly isOptional?: boolean;
  /** Called before a report is explained, where its code must be looked for. @throws {InputError} when that fails */
  prepare?(report: KernelReport): Promise<void>;
}

const surroundingsOf = (report: KernelReport, registers: RegisterSet): Surroundings => {
  const { values, control, rip } = registers;
  const entries = report.traces.flatMap((trace) => trace.entries);
  const named = [...entries, ...(rip === undefined ? [] : [rip])].filter(
    ({ symbol }) => symbol !== undefined,
  );
  return {
    release: report.release,
    rsp: values.get('rsp'),
    gsBase: control.get('gs'),
    depth: pagingDepthOf(report, registers),
    names: new Map(
      named.flatMap((one) => (one.address === undefined ? [] : [[one.address, locationText(one)] as const])),
    ),
    module: rip?.module !== undefined,
    kasan: hasKasan(report, registers),
    kernelOffset: report.kernelOffset,
    rip: ripOf(registers),
  };
};

const CODE: Subject = { kind: 'code' };

const oneLine = (text: string): string => text.replaceAll(/\s+/gu, ' ');

// The place where the window was cut, and the reasons.
const codeStatements = (
  analysis: Analysis | undefined,
  code: CodeBytes | undefined,
  full: FittedCode | undefined,
): Statement[] => {
  const statements: Statement[] = [];
  if (code?.marked === undefined || analysis === undefined) return statements;
  const shown = oneLine(decodeOne(code.bytes, 0n).text);
  const { graph } = analysis;
  const noWay = analysis.state === undefined && graph.nodes[graph.trap]!.before.length > 0;
  if (full !== undefined) {
    const { piece, at } = full.chain.at(-1)!;
    const { compared, same, from } = full;
    statements.push(statement(CODE, 'certain', { kind: 'code-agrees', same, compared, file: from }));
    const start = at - code.marked;
    const inside = [...decodePiece(piece).values()].find(
      (one) => one.at < start && one.at + one.instruction.length > start,
    );
    if (inside !== undefined) {
      const by = { at: placeOf(inside), text: oneLine(inside.instruction.text) };
      statements.push(
        statement(CODE, 'certain', { kind: 'starts-inside', by, shown }, [
          `the first byte of the line is ${piece.symbol ?? 'Code'}+0x${start.toString(16)}, ` +
            `${plural(start - inside.at, 'byte')} into it`,
        ]),
      );
    }
    if (noWay) statements.push(statement(CODE, 'likely', { kind: 'no-way' }));
    return statements;
  }
  const { boundaries } = analysis;
  if (boundaries?.reached === true) {
    const certain = boundaries.chosen.find(({ votes, of }) => votes === of)!;
    const sure =
      boundaries.chosen[0]!.sure === 'certain' || certain.sure === 'certain' ? 'certain' : 'likely';
    const chosenFrom = boundaries.chosen[0]!.at;
    const claim = {
      kind: 'boundaries',
      certainFrom: certain.at,
      chosenFrom,
      readings: certain.of,
      ...(boundaries.entry && !isFragment(analysis.root.symbol) ? { entry: true as const } : {}),
    } as const;
    statements.push(statement(CODE, sure, claim));
  }
  if (noWay) statements.push(statement(CODE, 'likely', { kind: 'no-way' }));
  if (analysis.cutFirst !== undefined) {
    const register = REGISTERS[analysis.cutFirst]!;
    const value = analysis.registers.get(analysis.cutFirst)!;
    statements.push(
      statement(CODE, 'likely', { kind: 'cut-prefix', register, shown }, [
        `${register.toUpperCase()} is ${hex(value)}, and nothing later writes it`,
      ]),
    );
  }
  return statements;
};

/** The registers that a report is explained by: the first set of a trap; without one, the first of kernel mode. */
export const explainedRegisters = ({ registers }: KernelReport): RegisterSet | undefined =>
  registers.find(({ role }) => role === 'trap') ?? registers.find(({ mode }) => mode === 'kernel');

type Parts = Pick<Explanation, 'trap' | 'way' | 'registers' | 'stack'>;

const mapParts = ({ trap, way, registers, stack }: Parts, weigh: (one: Statement) => Statement): Parts => ({
  trap: trap.map(weigh),
  way: way.map(weigh),
  registers: registers.map(weigh),
  stack: stack.map(weigh),
});

// What rests on a byte that is not in the text is no more than likely.
const softened = (found: Omit<Explanation, 'decodecode'>): Omit<Explanation, 'decodecode'> => {
  const { bad, instructions, after, code, contradictions } = found;
  const soften = (one: ExplainedInstruction): ExplainedInstruction => ({
    ...one,
    sure: weaker(one.sure, 'likely'),
  });
  return {
    ...found,
    ...mapParts(found, restored),
    ...(bad === undefined ? {} : { bad: { ...bad, sure: weaker(bad.sure, 'likely') } }),
    instructions: instructions.map(soften),
    after: after.map(soften),
    code: code.map(restored),
    contradictions: contradictions.map(restored),
  };
};

/**
 * Everything that a report still shows.
 *
 * @param full the bytes of the trapping function, where they are known
 * @param typesOf says what the types of the kernel say, where they are known
 */
export const explainReport = (
  report: KernelReport,
  full?: FittedCode,
  typesOf?: (analysis: Analysis | undefined) => TrapTypes,
): Explanation => {
  const registers = explainedRegisters(report);
  const printed = registers === undefined ? report.code : codeOf(report, registers);
  // Few outputs have it.
  const listing =
    printed === undefined || printed.bytes.length === 0 ? undefined : once(() => decodecode(printed));
  const nothing = {
    get decodecode() {
      return listing?.();
    },
    instructions: [],
    after: [],
    trap: [],
    code: [],
    way: [],
    registers: [],
    stack: [],
    gaps: [],
    contradictions: [],
  };
  // Registers of user space are from a system call: their code is not the kernel's.
  if (registers === undefined) return nothing;
  const around = surroundingsOf(report, registers);
  const bits = mostBits(around.depth);
  const mark = findLostMark(report, registers, printed, around.depth);
  const code = mark?.code ?? printed;
  const analysis = analyse(code, registers, full, bits);
  const contradictions = contradictionsOf(report, registers, code);
  const bad = badValueOf(report, registers, code, around, contradictions, analysis);
  const partsOf = (of: Analysis | undefined): Parts => ({
    trap: trapStatements(report, registers, code, of, around, bad),
    way: of === undefined ? [] : wayStatements(of),
    registers: registerStatements(of, registers.values, around),
    stack: stackStatements(report, registers, of, around),
  });
  const parts = partsOf(analysis);
  const trusted = full?.trusted === undefined ? undefined : analyse(code, registers, full.trusted, bits);
  const weigh =
    analysis === undefined || trusted === undefined
      ? undefined
      : weighing(analysis, trusted, partsOf(trusted));
  const inCode = codeStatements(analysis, code, full);
  const found = {
    ...(bad === undefined ? {} : { bad }),
    role: registers.role,
    instructions: instructionsTo(analysis, registers.role, around.rip !== undefined),
    after: instructionsAfter(code, registers.rip, around.rip, analysis),
    code: mark === undefined ? inCode : [mark.statement, ...inCode],
    ...(weigh === undefined ? parts : mapParts(parts, weigh)),
    gaps: analysis?.graph.gaps ?? [],
    contradictions,
    ...(typesOf === undefined ? {} : { types: typesOf(analysis) }),
  };
  return {
    get decodecode() {
      return listing?.();
    },
    ...(mark?.code === undefined ? found : softened(found)),
  };
};
