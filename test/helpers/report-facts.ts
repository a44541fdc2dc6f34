// The facts that a report was made of, and those that were read of it, in the same words.
import type { KernelReport } from '../../src/decode/read/report.js';
import type { Facts, Layout, Spot } from './report-layouts.js';

/** The general registers of a report's facts, by the emulator's names. */
export const FACT_REGISTERS = [
  'rax',
  'rbx',
  'rcx',
  'rdx',
  'rsi',
  'rdi',
  'rbp',
  'rsp',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
] as const;

const KINDS = { fault: 'paging', gpf: 'gpf', bug: 'bug' } as const;

/** The facts that a layout prints, in the words of a report. */
export const expectedOf = ({ release, lacks, code }: Layout, facts: Facts): object => {
  const place = (one: Spot, withAddress: boolean): object => ({
    symbol: one.symbol,
    offset: one.offset,
    ...(lacks.includes('size') ? {} : { size: one.size }),
    ...(one.module === undefined ? {} : { module: one.module }),
    ...(withAddress ? { address: one.address } : {}),
  });
  const withAddress = !lacks.includes('address');
  const { event } = facts;
  return {
    kind: event.kind === 'fault' && event.address < 4096n ? 'null-deref' : KINDS[event.kind],
    faultAddress: event.kind === 'fault' ? event.address : undefined,
    errorCode: event.kind === 'fault' ? event.errorCode : 0,
    source: event.kind === 'bug' ? { file: event.file, line: event.line } : undefined,
    counter: facts.counter,
    cpu: facts.cpu,
    pid: facts.pid,
    comm: facts.comm,
    taint: facts.taint,
    release,
    hardware: lacks.includes('hardware') ? undefined : facts.hardware,
    trap: place(facts.rip, withAddress),
    registers: facts.registers,
    rflags: facts.rflags,
    code: facts.code,
    marked: code === 20 ? 0 : undefined,
    stack: lacks.includes('stack') ? [] : facts.stack,
    trace: facts.trace.map((one) => ({
      ...place(one, withAddress),
      reliable: lacks.includes('unreliable') ? true : one.reliable,
    })),
    modules: facts.modules,
  };
};

const defined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The same of a report that was read. @param layout the one that the report was printed in */
export const foundIn = (report: KernelReport, { code }: Layout): object => {
  const [set] = report.registers;
  return {
    kind: report.kind,
    faultAddress: report.faultAddress,
    errorCode: report.errorCode,
    source: report.source,
    counter: report.die?.counter,
    cpu: report.cpu,
    pid: report.pid,
    comm: report.comm,
    taint: report.taint,
    release: report.release,
    hardware: report.hardware,
    trap: defined({ ...report.trap }),
    registers: Object.fromEntries(FACT_REGISTERS.map((name) => [name, set?.values.get(name)])),
    rflags: set?.values.get('rflags'),
    code: [...(report.code?.bytes ?? [])],
    marked: code === 20 ? report.code?.marked : undefined,
    stack: report.stack.map(({ value }) => value),
    trace: report.traces[0]?.entries.map(({ address: at, symbol: name, offset, size, module, reliable }) =>
      defined({ address: at, symbol: name, offset, size, module, reliable }),
    ),
    modules: report.modules?.modules,
  };
};
