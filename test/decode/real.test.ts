// Real reports, as their reporters posted them, with facts that were checked by hand: every one is found. They lie beside
// the checkout, in ../shared/oopses, or where OOPSLAB_REAL_REPORTS says, and are no part of the repository; without them
// these tests are skipped by name.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hex16 } from '../../src/base/address.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { CodeLocation, KernelReport, RegisterSet, TraceEntry } from '../../src/decode/read/report.js';
import { decodeOne } from '../../src/x86/disasm.js';

/** An entry of the index: the facts that were checked, by their names there. */
interface Facts {
  readonly file: string;
  readonly kind: string;
  readonly kernel_release: string;
  readonly trap: Readonly<Record<'address' | 'symbol' | 'offset' | 'size' | 'module', string | undefined>>;
  readonly registers: Readonly<Record<string, string>>;
  readonly code_bytes: number;
  readonly code_hex?: string | null;
  readonly trap_byte_index: number | null;
  readonly trap_instruction: string | null;
  readonly trap_instruction_length?: number;
  readonly trap_mode: string;
  readonly call_trace_first: string | null;
  readonly modules_count: number | null;
  readonly module_first: string | null;
  readonly tainted: string | null;
  readonly headline: string | null;
  readonly fault_address?: string;
  readonly error_code?: string;
  readonly die_counter?: number;
  readonly die_flags?: string;
  readonly kasan?: { readonly bug: string; readonly at: string };
  readonly form: readonly string[];
  readonly layout: string;
  readonly lines: number;
  readonly register_sets: number;
  readonly code_lines: number;
  readonly bad_rip?: boolean;
  readonly nbsp?: boolean;
  readonly cut?: boolean;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const where = process.env['OOPSLAB_REAL_REPORTS'] ?? join(root, '../shared/oopses');
const folder = existsSync(join(where, 'index.json')) ? where : undefined;
const facts: readonly Facts[] =
  folder === undefined
    ? []
    : (JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as readonly Facts[]);

const place = ({ symbol, offset, size, module, buildId }: CodeLocation): string => {
  const suffix = module === undefined ? '' : ` [${module}${buildId === undefined ? '' : ` ${buildId}`}]`;
  return `${symbol}+0x${offset?.toString(16)}/0x${size?.toString(16)}${suffix}`;
};

const selector = (value: number | undefined): string => value?.toString(16).padStart(4, '0') ?? '';

const blanks = (text: string): string => text.replaceAll(/\s+/gu, ' ').trim();

/** The line after `RIP: `, of a set of registers. */
const ripText = ({ rip, selectors }: RegisterSet, layout: KernelReport['layout']): string => {
  const cs = selector(selectors.get('cs'));
  if (rip?.symbol === undefined) return `${cs}:0x${rip?.address?.toString(16)}`;
  if (layout === 'new') return `${cs}:${place(rip)}`;
  const address = `[<${hex16(rip.address ?? 0n)}>]`;
  return `${cs}:${address} ${address} ${place(rip)}`;
};

const registerTexts = (set: RegisterSet, layout: KernelReport['layout']): Record<string, string> => {
  const texts: Record<string, string> = {
    rip: ripText(set, layout),
    ss_sel: selector(set.selectors.get('ss')),
    eflags: set.values.get('rflags')?.toString(16).padStart(8, '0') ?? '',
  };
  for (const [name, value] of [...set.values, ...set.control]) texts[name] ??= hex16(value);
  if (set.origRax !== undefined) texts['orig_rax'] = hex16(set.origRax);
  return texts;
};

const firstReliable = ({ traces }: KernelReport): TraceEntry | undefined =>
  traces[0]?.entries.find(({ reliable, symbol }) => reliable && symbol !== undefined);

const FORMS: Readonly<Record<string, string>> = { 'wrapped:bracket': 'wrapped' };

describe.skipIf(folder === undefined)('real reports of ../shared/oopses', () => {
  it('are there', () => {
    expect(facts.length).toBeGreaterThan(0);
  });

  describe.each(facts)('$file', (one) => {
    const text = readFileSync(join(folder!, one.file), 'utf8');
    const reports = reportsOf(text);
    const [report] = reports as [KernelReport];
    const [set] = report?.registers ?? [];

    it('is one report', () => {
      expect(reports).toHaveLength(1);
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(one.lines);
      expect(report.lastLine).toBeLessThanOrEqual(one.lines);
    });

    it('says what happened', () => {
      expect(report.kind).toBe(one.kind);
      expect(report.headline?.text ?? null).toBe(one.headline);
      expect(report.faultAddress).toBe(
        one.fault_address === undefined ? undefined : BigInt(`0x${one.fault_address}`),
      );
      if (one.error_code !== undefined) expect(report.errorCode).toBe(Number.parseInt(one.error_code, 16));
      expect(report.die?.counter).toBe(one.die_counter);
      expect(report.die?.flags.join(' ')).toBe(one.die_flags);
      if (one.kasan === undefined) expect(report.checker).toBeUndefined();
      else {
        expect(report.checker?.bug).toBe(one.kasan.bug);
        expect(place(report.checker?.at ?? {})).toBe(one.kasan.at);
      }
    });

    it('says where it ran', () => {
      expect(report.release).toBe(one.kernel_release);
      expect(report.taint).toBe(one.tainted);
      expect(report.modules?.modules[0]?.name ?? null).toBe(one.module_first?.replace(/\(.*/u, '') ?? null);
      expect(report.modules?.complete === true ? report.modules.modules.length : null).toBe(
        one.modules_count,
      );
    });

    it('has its registers', () => {
      const wrapped = one.form.includes('wrapped:bracket'); // the index counts lines as they are
      expect(report.registers).toHaveLength(wrapped ? 1 : one.register_sets);
      expect(report.layout).toBe(one.layout);
      const found = registerTexts(set!, report.layout);
      const expected = Object.fromEntries(
        Object.entries(one.registers).map(([name, value]) => [name, blanks(value)]),
      );
      expect(found).toMatchObject(expected);
      expect(set?.mode).toBe(one.trap_mode);
    });

    it('says where it trapped', () => {
      // Without a trap, the index has the place of the first set of registers.
      const trap = report.trap ?? set?.rip;
      const { address, symbol, offset, size, module } = one.trap;
      expect(trap?.symbol).toBe(symbol);
      if (address !== undefined) expect(trap?.address).toBe(BigInt(`0x${address}`));
      expect(trap?.offset).toBe(offset === undefined ? undefined : Number(offset));
      expect(trap?.size).toBe(size === undefined ? undefined : Number(size));
      expect(trap?.module).toBe(module);
    });

    it('has its code', () => {
      expect(report.codeLines).toHaveLength(one.code_lines);
      expect(report.code?.bytes).toHaveLength(one.code_bytes);
      expect(report.code?.marked ?? null).toBe(one.trap_byte_index);
      expect(report.code?.unreadable !== undefined).toBe(one.bad_rip === true);
      if (typeof one.code_hex === 'string')
        expect(Buffer.from(report.code!.bytes).toString('hex')).toBe(one.code_hex.replaceAll(' ', ''));
      if (one.trap_instruction === null) return;
      const instruction = decodeOne(report.code!.bytes.subarray(report.code!.marked), 0n, undefined, 'gnu');
      expect(instruction.length).toBe(one.trap_instruction_length);
      expect(blanks(instruction.text)).toBe(one.trap_instruction);
    });

    it('has its trace', () => {
      const first = firstReliable(report);
      expect(first === undefined ? null : place(first)).toBe(one.call_trace_first);
    });

    it('says how it was carried, and what is cut', () => {
      const forms = new Set<string>(report.form);
      for (const form of one.form) expect(forms).toContain(FORMS[form] ?? form);
      expect(forms.has('nbsp')).toBe(one.nbsp === true);
      if (one.cut === true) expect(report.missing).not.toEqual([]);
    });
  });
});
