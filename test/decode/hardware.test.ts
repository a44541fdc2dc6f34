// What the hardware reports, as records and words; and when it is the likelier cause of another report.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { explainReport } from '../../src/decode/explain/explain.js';
import { hardwareCause, isFlippedBit } from '../../src/decode/judge/hardware-cause.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { errorWords } from '../../src/decode/read/hardware/error-code.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import type { KernelReport } from '../../src/decode/read/report.js';
import { machineCheckWords } from '../../src/decode/show/hardware-words.js';
import { verdictOf } from '../../src/decode/show/verdict.js';

const only = (text: string): KernelReport => {
  const reports = reportsOf(text);
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

const words = (report: KernelReport): string[] => (report.machineChecks ?? []).flatMap(machineCheckWords);

const OOPS = `BUG: unable to handle page fault for address: ffff8881044409f8
Oops: 0000 [#1] SMP
CPU: 1 PID: 9 Comm: frobd Not tainted 6.1.9-frob #3
RIP: 0010:frob_use+0x21/0x90
RSP: 0018:ffffc90000123d08 EFLAGS: 00010246
RAX: 0000000000000000 RBX: ffff888100aa0000 RCX: 0000000000000007`;

describe('a machine check', () => {
  it('is decoded: CPU, bank, status, address, RIP and processor (fault 21)', () => {
    const text = readFileSync(
      fileURLToPath(new URL('../fixtures/decode/21-machine-check-not-read.txt', import.meta.url)),
      'utf8',
    );
    const report = only(text);
    expect(report.kind).toBe('hardware');
    expect(judge(report, explainReport(report)).class).toBe('hardware');
    expect(report.machineChecks).toEqual([
      {
        kind: 'machine-check',
        severity: 'fatal',
        line: 1,
        cpu: 5,
        global: 5n,
        bank: 7,
        status: 0xbe00000000800400n,
        bits: {
          valid: true,
          overflow: false,
          uncorrected: true,
          enabled: true,
          miscValid: true,
          addressValid: true,
          contextCorrupt: true,
        },
        signalled: false,
        actionRequired: false,
        error: 'an internal timer error',
        address: 0x7d1c33000n,
        misc: 0x200400c008002086n,
        rip: { address: 0xffffffff81234567n, symbol: 'frob_poll', offset: 0x57, size: 0xa0 },
        ripExact: false,
        vendor: 'Intel',
        processor: 'a0671',
        time: 1_700_000_000,
        socket: 1,
        apic: 0x40,
        microcode: '3c',
        said: 'Processor context corrupt',
      },
    ]);
    expect(words(report)).toEqual([
      'Machine check, CPU 5, socket 1, bank 7: an internal timer error',
      'Status 0xbe00000000800400: uncorrected, the context of the processor is corrupt',
      'Address 0x7d1c33000',
      'Further information 0x200400c008002086',
      'The CPU was at frob_poll+0x57/0xa0, which is not exact',
      'The kernel says: Processor context corrupt',
      'Processor: Intel, signature a0671, microcode 3c',
    ]);
  });

  it('is one report for all banks and CPUs, with the panic that follows', () => {
    const report = only(`mce: [Hardware Error]: CPU 5: Machine Check Exception: 5 Bank 7: be00000000800400
mce: [Hardware Error]: RIP 10:<ffffffff81234567> {frob_poll+0x57/0xa0}
mce: [Hardware Error]: PROCESSOR 0:a0671 TIME 1700000000 SOCKET 1 APIC 40 microcode 3c
mce: [Hardware Error]: CPU 2: Machine Check Exception: 4 Bank 3: fe00000000800400
mce: [Hardware Error]: PROCESSOR 0:a0671 TIME 1700000000 SOCKET 0 APIC 4 microcode 3c
Kernel panic - not syncing: Fatal machine check`);
    expect(report.kind).toBe('hardware');
    expect(report.machineChecks).toMatchObject([
      { cpu: 5, bank: 7, ripExact: true },
      { cpu: 2, bank: 3, bits: { overflow: true }, socket: 0 },
    ]);
  });

  it('says nothing of a status that is cut or not valid', () => {
    const cut = only('mce: [Hardware Error]: CPU 5: Machine Check Exception: 5 Bank 7: be0000000080');
    expect(cut.machineChecks?.[0]).not.toHaveProperty('status');
    const invalid = only('mce: [Hardware Error]: CPU 5: Machine Check Exception: 5 Bank 7: 3e00000000800400');
    expect(invalid.machineChecks?.[0]).not.toHaveProperty('error');
    expect(words(invalid)).toContain('Status 0x3e00000000800400: the status is not valid');
  });

  it('of 2.6 has its RIP on a line without a prefix', () => {
    const report = only(`HARDWARE ERROR
CPU 1: Machine Check Exception:                4 Bank 4: b200000000070f0f
RIP !INEXACT! 10:<ffffffff8023ab12> {frob_idle+0x2/0x8}
TSC 7a0c2f1ab4
This is not a software problem!
Kernel panic - not syncing: Machine check`);
    expect(report.machineChecks).toMatchObject([
      { cpu: 1, bank: 4, global: 4n, rip: { symbol: 'frob_idle' }, ripExact: false, severity: 'fatal' },
    ]);
  });

  it('of AMD is decoded by the kernel itself', () => {
    const report = only(`[Hardware Error]: Corrected error, no action required.
[Hardware Error]: CPU:2 (19:21:0) MC27_STATUS[-|CE|MiscV|-|-|-|SyndV|-|-|-]: 0x982000000002080b
[Hardware Error]: IPID: 0x0001002e00001e01, Syndrome: 0x000000005a000005
[Hardware Error]: Power, Interrupts, etc. Ext. Error Code: 2, Link Error.`);
    expect(report.kind).toBe('hardware');
    expect(report.machineChecks).toMatchObject([
      {
        severity: 'corrected',
        cpu: 2,
        bank: 27,
        status: 0x982000000002080bn,
        ipid: 0x1002e00001e01n,
        synd: 0x5a000005n,
        vendor: 'AMD',
        error: 'Power, Interrupts, etc.: Link Error',
      },
    ]);
  });

  // Intel counts corrected errors in the bits 38 to 52.
  it.each([
    ['PROCESSOR 2:a20f10 TIME 1700000000 SOCKET 0 APIC 6', 'uncorrected', /: not corrected: deferred/],
    ['TSC 0 ADDR 12345680 IPID b000000000', 'uncorrected', /: not corrected: deferred/],
    ['PROCESSOR 0:a0671 TIME 1700000000 SOCKET 0 APIC 6', 'corrected', /: corrected by the hardware$/],
    ['TSC 0', 'corrected', /corrected by the hardware, unless the processor is AMD's/],
  ])('with bit 44 is deferred where the processor is of AMD: %s', (line, severity, status) => {
    const report = only(`mce: [Hardware Error]: CPU 3: Machine Check: 0 Bank 18: 9c20100000010136
mce: [Hardware Error]: ${line}`);
    expect(report.machineChecks?.[0]?.severity).toBe(severity);
    expect(words(report)[1]).toMatch(status);
  });

  it('is told in the words of the kernel, before what the code alone says', () => {
    const first = `[Hardware Error]: Corrected error, no action required.
[Hardware Error]: CPU:3 (17:31:0) MC18_STATUS[-|CE|MiscV|AddrV|-|-|SyndV|CECC|-|-|-]: 0x9c2040000001011b`;
    const ipid = '[Hardware Error]: IPID: 0x0000009600050f00, Syndrome: 0x0000000000000000';
    const said = '[Hardware Error]: Unified Memory Controller Ext. Error Code: 0, DRAM ECC error.';
    const level = '[Hardware Error]: cache level: L3/GEN, tx: GEN, mem-tx: RD';
    const report = only([first, ipid, said, level].join('\n'));
    expect(report.lastLine).toBe(5);
    expect(words(report)[0]).toBe('Machine check, CPU 3, bank 18: Unified Memory Controller: DRAM ECC error');
    expect(words(only([first, ipid].join('\n')))[0]).toBe(
      'Machine check, CPU 3, bank 18: an error of a memory controller: data poison error',
    );
    expect(
      words(
        only(`[Hardware Error]: System Fatal error.
[Hardware Error]: CPU:1 (10:2:3) MC4_STATUS[-|UE|MiscV|-|AddrV|UECC]: 0xbe00000000010813
[Hardware Error]: MC4 Error (node 1): ECC error detected on the FROB.`),
      )[0],
    ).toBe('Machine check, CPU 1, bank 4: ECC error detected on the FROB');
  });

  // Intel SDM vol. 3, tables 17-10 to 17-15: the binary forms, worked out by hand.
  it.each([
    [0x0005, 'an internal parity error'],
    [0x0400, 'an internal timer error'],
    [0x0401, 'an internal error, not classified'],
    [0x000e, 'a cache error, level 2'],
    [0x0014, 'an error of the data TLB, level 0'], // 0001 01 00
    [0x0090, 'a memory controller error: a read, channel 0'], // 1 001 0000
    [0x00cf, 'a memory controller error: a scrub, channel not said'], // 1 100 1111
    [0x0135, 'an error of the data cache, level 1, during a data read'], // 0011 01 01
    [0x1135, 'an error of the data cache, level 1, during a data read'], // the same, filtered
    [0x0150, 'an error of the instruction cache, level 0, during an instruction fetch'], // 0101 00 00
    [0x0e0b, 'an I/O error'],
    [
      0x0f0f,
      'a bus or interconnect error: other, generic level, during an access of unknown kind, generic role, timed out', // 1 11 1 0000 11 11
    ],
  ])('code %i', (code, said) => {
    expect(errorWords(code, false)).toBe(said);
  });
});

describe('other errors', () => {
  it('of memory, as EDAC counts them', () => {
    const report = only(
      'EDAC MC0: 1 UE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0 (channel:1 slot:0 page:0x7d1c33 offset:0x40 grain:32 syndrome:0x0 -  area:DRAM err_code:0001:0091)',
    );
    expect(report.kind).toBe('hardware');
    expect(report.machineChecks).toEqual([
      {
        line: 1,
        kind: 'memory',
        severity: 'uncorrected',
        controller: 'MC0',
        count: 1,
        error: 'memory read error',
        where: 'CPU_SrcID#0_Ha#0_Chan#1_DIMM#0',
        page: 0x7d1c33n,
        offset: 0x40n,
        syndrome: 0n,
      },
    ]);
    expect(words(report)).toEqual([
      '1 memory error, uncorrected: memory read error, CPU_SrcID#0_Ha#0_Chan#1_DIMM#0, page 0x7d1c33 + 0x40, MC0',
    ]);
  });

  it('of PCI Express: the port tells, the device speaks', () => {
    const report = only(`pcieport 0000:00:1c.0: AER: Uncorrected (Fatal) error received: 0000:02:00.0
nvme 0000:02:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer, (Requester ID)
nvme 0000:02:00.0:   device [8086:9d15] error status/mask=00100000/00000000
nvme 0000:02:00.0:    [20] UnsupReq               (First)
nvme 0000:02:00.0: AER:   TLP Header: 34000000 02000010 00000000 80008000`);
    expect(report.kind).toBe('hardware');
    expect(report.machineChecks).toEqual([
      {
        line: 1,
        kind: 'pcie',
        severity: 'fatal',
        device: '0000:02:00.0',
        reporter: 'pcieport 0000:00:1c.0',
        layer: 'Transaction Layer',
        agent: 'Requester ID',
        ids: '8086:9d15',
        status: 0x100000,
        mask: 0,
        bits: ['UnsupReq'],
      },
    ]);
    expect(words(report)).toEqual([
      'PCI Express error, fatal: device 0000:02:00.0 (8086:9d15), Transaction Layer, Requester ID, UnsupReq',
    ]);
  });

  it('of PCI Express in the words of 4.x', () => {
    const report = only(`pcieport 0000:00:1c.5: AER: Corrected error received: id=00e5
pcieport 0000:00:1c.5: PCIe Bus Error: severity=Corrected, type=Physical Layer, id=00e5(Receiver ID)
pcieport 0000:00:1c.5:   device [8086:9d15] error status/mask=00000001/00002000
pcieport 0000:00:1c.5:    [ 0] Receiver Error         (First)`);
    expect(report.machineChecks).toMatchObject([
      {
        severity: 'corrected',
        device: '0000:00:1c.5',
        layer: 'Physical Layer',
        agent: 'Receiver ID',
        status: 1,
      },
    ]);
  });

  it('of the firmware', () => {
    const report = only(`{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1
{1}[Hardware Error]: event severity: fatal
{1}[Hardware Error]:  Error 0, type: fatal
{1}[Hardware Error]:  fru_text: DIMM A1
{1}[Hardware Error]:   section_type: memory error
{1}[Hardware Error]:   physical_address: 0x0000001234567000
{1}[Hardware Error]:   error_type: 3, multi-bit ECC
Kernel panic - not syncing: Fatal hardware error!`);
    expect(report.kind).toBe('hardware');
    expect(report.machineChecks).toEqual([
      {
        line: 1,
        kind: 'firmware',
        severity: 'fatal',
        source: 1,
        where: 'DIMM A1',
        section: 'memory error',
        address: 0x1234567000n,
        error: 'multi-bit ECC',
      },
    ]);
  });

  it('of temperature are one record for all CPUs', () => {
    const report =
      only(`mce: CPU0: Package temperature above threshold, cpu clock throttled (total events = 3)
mce: CPU4: Package temperature above threshold, cpu clock throttled (total events = 7)
mce: CPU0: Core temperature above threshold, cpu clock throttled (total events = 1)`);
    expect(report.kind).toBe('hardware');
    expect(report.machineChecks).toEqual([
      { line: 1, kind: 'thermal', severity: 'notice', what: 'Package', cpus: [0, 4], events: 7 },
      { line: 3, kind: 'thermal', severity: 'notice', what: 'Core', cpus: [0], events: 1 },
    ]);
  });

  it('of a register that the CPU does not have', () => {
    const report =
      only(`unchecked MSR access error: WRMSR to 0x1b0 (tried to write 0x0000000000000006) at rIP: 0xffffffff81234567 (frob_msr+0x7/0x40)
Call Trace:
 <TASK>
 frob_set+0x12/0x40
 </TASK>`);
    expect(report.kind).toBe('warning');
    expect(report.machineChecks).toEqual([
      {
        line: 1,
        kind: 'msr',
        severity: 'notice',
        access: 'write',
        register: 0x1b0,
        value: 6n,
        at: { address: 0xffffffff81234567n, symbol: 'frob_msr', offset: 7, size: 0x40 },
      },
    ]);
  });

  it('are none in what a healthy machine prints when it starts', () => {
    expect(
      reportsOf(`mce: CPU0: Thermal monitoring enabled (TM1)
mce: CPU supports 10 MCE banks
EDAC MC: Ver: 3.0.0
EDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0: DEV 0000:64:0a.0 (INTERRUPT)
pcieport 0000:00:1c.0: AER: enabled with IRQ 122
mce: CPU0: Core temperature/speed normal
mce: CPU0: Package temperature/speed normal`),
    ).toEqual([]);
  });

  it('that are corrected do not end the report that they stand in', () => {
    const [first, ...rest] = OOPS.split('\n');
    const report = only(
      [
        first,
        'EDAC MC0: 1 CE memory read error on DIMM_A1 (channel:0 slot:0 page:0x12 offset:0x40 grain:32 syndrome:0x0)',
        ...rest,
      ].join('\n'),
    );
    expect(report.kind).toBe('paging');
    expect(report.registers).toHaveLength(1);
    expect(report.machineChecks).toHaveLength(1);
  });
});

describe('the verdict about hardware', () => {
  const verdict = (text: string): Record<string, string> => {
    const report = only(text);
    const explanation = explainReport(report);
    const lines = verdictOf(report, explanation, judge(report, explanation));
    return Object.fromEntries(lines.map(({ label, text: said }) => [label, said]));
  };

  it.each([
    [
      'mce: CPU3: Core temperature above threshold, cpu clock throttled (total events = 1)',
      /likely the cooling/,
      /^the cooling/,
    ],
    [
      'frobdrv 0000:3b:00.0: PCIe Bus Error: severity=Uncorrectable (Fatal), type=Transaction Layer, (Receiver ID)',
      /perhaps its driver$/,
      /^the device 0000:3b:00\.0: its driver/,
    ],
    [
      'mce: [Hardware Error]: CPU 3: Machine Check Exception: 5 Bank 7: be00000000800400',
      /: likely the hardware, not a bug of the kernel$/,
      /memory test/,
    ],
  ])('blames no more than is likely, and points at the part: %s', (text, what, next) => {
    const lines = verdict(text);
    expect(lines['What']).toMatch(what);
    expect(lines['Next']).toMatch(next);
    expect(lines['Class']).toMatch(/^hardware \(likely\)/);
  });
});

describe('hardware as the cause of another report', () => {
  const mce = 'mce: [Hardware Error]: CPU 5: Machine Check: 0 Bank 7: be00000000800400';
  const ce =
    'EDAC MC0: 1 CE memory read error on DIMM_A1 (channel:0 slot:0 page:0x12 offset:0x40 grain:32 syndrome:0x0)';

  it('is likely after an error that was not corrected', () => {
    const [before, oops] = reportsOf(`${mce}\n${OOPS}`);
    expect(before?.kind).toBe('hardware');
    expect(oops?.kind).toBe('paging');
    expect(hardwareCause(oops!, [before!])).toEqual({
      sure: 'likely',
      because: ['a machine check that was not corrected was reported before it, line 1'],
    });
  });

  it('is possible after one that was corrected, and where taint M says so', () => {
    const [before, oops] = reportsOf(`${ce}\n${OOPS}`);
    expect(hardwareCause(oops!, [before!])?.sure).toBe('possible');
    const tainted = only(OOPS.replace('Not tainted', 'Tainted: G   M       '));
    expect(hardwareCause(tainted)).toEqual({
      sure: 'possible',
      because: ['taint M: there was a machine check since the start'],
    });
  });

  it('is not said without a reason', () => {
    const [hot, oops] = reportsOf(
      `mce: CPU0: Core temperature above threshold, cpu clock throttled (total events = 1)\n${OOPS}`,
    );
    expect(hot?.kind).toBe('hardware');
    expect(hardwareCause(oops!, [hot!])).toBeUndefined();
    expect(hardwareCause(only(mce))).toBeUndefined();
  });

  it('is possible where one bit is wrong, but not where a counter went down', () => {
    const list = (found: string): KernelReport =>
      only(
        `list_del corruption. next->prev should be ffff888104440a00, but was ${found}. (next=ffff888104440b00)`,
      );
    expect(hardwareCause(list('ffff888104448a00'))?.because[0]).toMatch(/^next->prev differs .* in one bit/);
    expect(hardwareCause(list('ffff888104440a18'))).toBeUndefined();
    const poison = (found: string, to: string): KernelReport =>
      only(`BUG kmalloc-64 (Not tainted): Poison overwritten
0xffff888104440a40-0xffff888104440a${to} @offset=2624. First byte 0x${found} instead of 0x6b`);
    expect(hardwareCause(poison('7b', '40'))?.sure).toBe('possible');
    expect(hardwareCause(poison('6a', '40'))).toBeUndefined(); // 0x6b less one: a counter
    expect(hardwareCause(poison('7b', '43'))).toBeUndefined();
    expect(isFlippedBit(0x6bn, 0x6bn)).toBe(false);
    expect(isFlippedBit(0n, 1n << 63n)).toBe(true);
  });
});

describe('a verdict', () => {
  it('says that the hardware is the likelier cause, after an error that was not corrected', () => {
    const [before, oops] = reportsOf(
      `mce: [Hardware Error]: CPU 5: Machine Check: 0 Bank 7: be00000000800400\n${OOPS}`,
    );
    const explanation = explainReport(oops!);
    const classLine = (reports: readonly KernelReport[]): string | undefined =>
      verdictOf(oops!, explanation, judge(oops!, explanation), reports).find(({ label }) => label === 'Class')
        ?.text;
    expect(classLine([before!])).toContain('the hardware is the likelier cause');
    expect(classLine([])).not.toContain('hardware');
  });
});
