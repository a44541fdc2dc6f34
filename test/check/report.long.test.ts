// Reports of broken properties: one text for each shipped candidate that breaks, and the facts of each kind of damage.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadCandidates } from '../../src/check/run/shipped.js';
import { Arena, type CandidateCode, scenarioWith } from '../../src/check/watch/arena.js';
import { checkCandidate } from '../../src/check/run/check-candidate.js';
import type { ViolationReport } from '../../src/check/tell/report.js';
import { reportViolation } from '../../src/check/tell/report.js';
import { formatViolationReport } from '../../src/check/tell/report-text.js';
import { readSubject } from '../../src/check/world/subject.js';
import type { PropertyName } from '../../src/check/property/properties.js';
import { formatParameters, type Parameters, readParameters } from '../../src/scenario/parameters.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { ALLOCATE, callTo, hexCandidate } from '../helpers/hex-candidate.js';

const scenario = loadScenario('mount-arena');
const subject = readSubject(scenario);
const folder = mkdtempSync(join(tmpdir(), 'oopslab-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

const settings = (world: Parameters): Map<string, string> =>
  new Map(Object.entries(formatParameters(world)).map(([name, value]) => [name, String(value)]));

// All that a candidate breaks in a world, reported.
const reportsOf = (
  candidate: CandidateCode,
  world: Parameters,
  libraries: readonly string[] = [],
): ViolationReport[] => {
  using arena = new Arena(scenario, candidate, { libraries });
  const violations = [...arena.run(world)];
  const recording = replay(scenarioWith(scenario, candidate), { set: settings(world), libraries });
  return violations.map((violation) => reportViolation(recording, subject, candidate.name, violation));
};

const reportOf = (
  name: string,
  code: readonly number[],
  property: PropertyName,
  set: Record<string, string> = {},
) => {
  const world = readParameters(scenario, new Map(Object.entries(set)));
  const report = reportsOf(hexCandidate(folder, name, code), world, [folder]).find(
    (one) => one.property === property,
  );
  expect(report, property).toBeDefined();
  return report!;
};

// Our own renderings: they may be written anew.
const rendering = (name: string) =>
  fileURLToPath(new URL(`../renderings/check/${name}.txt`, import.meta.url));

describe('the report of a shipped candidate', () => {
  it.each(loadCandidates().filter(({ expected }) => expected === 'breaks'))('$name', async (candidate) => {
    const { counterexample } = checkCandidate(scenario, candidate, { runs: 1000 });
    const reports = reportsOf(candidate, counterexample!.world);
    const text = reports.flatMap((report) => formatViolationReport(report)).join('\n');
    await expect(`${text}\n`).toMatchFileSnapshot(rendering(candidate.name));
    expect(reports.map(({ property }) => property)).toContain(counterexample!.property);
  });

  it('of the world as it stands names the victim, its field, and both values', () => {
    const report = reportsOf({ name: 'bug', variants: {} }, readParameters(scenario)).find(
      ({ property }) => property === 'writes-inside',
    )!;
    expect(report).toMatchObject({
      kind: 'slab-out-of-bounds',
      instruction: { at: 'convert_delimiter+0x1c', functionSize: 0x30 },
      access: { access: 'write', size: 1, old: '2f', new: '5c', distance: { bytes: 0, side: 'right' } },
      allocation: { requested: 32, cache: 'size-32' },
      victim: { kind: 'object', object: 'attach', field: 'shm_file_data.id', fieldBefore: '13008943 (0xc6802f)', fieldAfter: '13008988 (0xc6805c)' },
    }); // prettier-ignore
    expect(report.trace[0]?.at).toMatch(/^cifs_build_path_to_root\+/u);
    expect(report.allocation?.madeBy.map(({ at }) => at?.split('+')[0]).slice(0, 2)).toEqual([
      '__kmalloc',
      'cifs_build_path_to_root',
    ]);
    expect(report.surfaced.join('\n')).toContain('shm_close');
    const { rows, row, column } = report.memory!;
    expect(rows[row]!.letters[column]).toBe('x');
    expect(rows[row - 1]!.letters).toBe('a'.repeat(32));
  });
});

// push %rbx; mov %rax,%rbx … the address of the allocation stays in RBX
const KEEP = [
  0x53,
  ...ALLOCATE.slice(0, 14),
  ...callTo(0xffffffff81157310n, 15),
  ...ALLOCATE.slice(19),
  0x48,
  0x89,
  0xc3,
];
// mov %rbx,%rdi; sub $8,%rsp; call kfree; add $8,%rsp
const free = (at: number): number[] => [
  0x48,
  0x89,
  0xdf,
  0x48,
  0x83,
  0xec,
  0x08,
  ...callTo(KFREE, at + 7),
  0x48,
  0x83,
  0xc4,
  0x08,
];
const KFREE = 0xffffffff81157670n;

describe('the report of a candidate that', () => {
  it('loops says where it was when its budget was used up, with the line of its source', async () => {
    const report = reportOf('loops', [0xeb, 0xfe], 'ends');
    expect(report).toMatchObject({
      kind: 'endless-run',
      instruction: { at: 'cifs_build_path_to_root+0x0', source: 'fix.c:23' },
    });
    await expect(formatViolationReport(report).join('\n')).toMatchFileSnapshot(rendering('loops'));
  });

  it('traps names the BUG or the fault', () => {
    expect(reportOf('traps', [0x0f, 0x0b], 'ends').says).toContain('cifs_build_path_to_root+0x0');
  });

  it('jumps wild says where to', async () => {
    const report = reportOf('jumps', [0xb8, 0x78, 0x56, 0x34, 0x12, 0xff, 0xe0], 'ends');
    expect(report.kind).toBe('wild-jump');
    expect(report.says).toContain('0x12345678');
    await expect(formatViolationReport(report).join('\n')).toMatchFileSnapshot(rendering('jumps'));
  });

  it('smashes the stack names the instruction and how far above the return address', async () => {
    const report = reportOf('smashes', [0xc6, 0x44, 0x24, 0x10, 0x41, 0xc3], 'writes-inside');
    expect(report).toMatchObject({
      kind: 'stack-smashed',
      access: { new: '41' },
      instruction: { at: 'cifs_build_path_to_root+0x0' },
    });
    expect(report.says).toContain('16 bytes above the return address');
    await expect(formatViolationReport(report).join('\n')).toMatchFileSnapshot(rendering('smashes'));
  });

  it('leaks says what, and who allocated it', async () => {
    const report = reportOf('leaks', [...ALLOCATE, 0x31, 0xc0, 0xc3], 'no-leak');
    expect(report).toMatchObject({ kind: 'memory-leak', leaked: [{ requested: 32, cache: 'size-32' }] });
    await expect(formatViolationReport(report).join('\n')).toMatchFileSnapshot(rendering('leaks'));
  });

  it('frees twice says what the heap found, and who called', async () => {
    const once = [...KEEP, ...free(KEEP.length)];
    const report = reportOf('frees', [...once, ...free(once.length), 0x31, 0xc0, 0x5b, 0xc3], 'frees');
    expect(report.kind).toBe('double-free');
    expect(report.finding).toMatch(/^double free/u);
    expect(report.allocation?.freedBy?.[0]?.at).toMatch(/^kfree/u);
    expect(report.trace[0]?.at).toMatch(/^cifs_build_path_to_root/u);
    await expect(formatViolationReport(report).join('\n')).toMatchFileSnapshot(rendering('frees'));
  });

  it('writes to what it has freed says who freed it', async () => {
    const once = [...KEEP, ...free(KEEP.length)];
    // movb $0x41,(%rbx)
    const report = reportOf('uses', [...once, 0xc6, 0x03, 0x41, 0x31, 0xc0, 0x5b, 0xc3], 'writes-inside');
    expect(report.kind).toBe('use-after-free');
    expect(report.access?.distance).toEqual({ bytes: 0, side: 'inside' });
    expect(report.allocation?.freedBy?.[0]?.at).toMatch(/^kfree/u);
    await expect(formatViolationReport(report).join('\n')).toMatchFileSnapshot(rendering('uses'));
  });

  it('follows NULL says that there was no memory', async () => {
    const report = reportOf('trusts', [...ALLOCATE, 0xc6, 0x00, 0x00, 0xc3], 'allocation-failure', {
      fail: '1',
    });
    expect(report.says).toContain('no memory');
    await expect(formatViolationReport(report).join('\n')).toMatchFileSnapshot(rendering('trusts'));
  });

  it('says what is returned instead of NULL without memory', () => {
    const report = reportOf('lies', [...ALLOCATE, 0xb8, 1, 0, 0, 0, 0xc3], 'allocation-failure', {
      fail: '1',
    });
    expect(report.says).toContain('returns 0x1');
  });

  it('says that an address of another owner cannot be freed', () => {
    expect(reportOf('foreign', [0x48, 0x89, 0xf8, 0xc3], 'result').says).toContain('kfree()');
  });

  it('names the owner of a byte that is read without being an input', () => {
    const report = reportOf('reads', [0x8a, 0x87, 0xf0, 0x01, 0, 0, 0xc3], 'reads-inside');
    expect(report.access).toMatchObject({ access: 'read', size: 1 });
    expect(report.instruction?.text).toBe('mov 0x1f0(%rdi),%al');
    expect(report.memory?.rows[report.memory.row]?.letters).toContain('i');
  });

  it('breaks for a later reader says which, and how that ended', async () => {
    const [report] = reportsOf({ name: 'bug', variants: {} }, readParameters(scenario)).filter(
      ({ property }) => property === 'readers',
    );
    expect(report).toMatchObject({ step: 'exit', kind: 'kernel-bug', instruction: { at: 'shm_close+0x3e' } });
    expect(report!.trace.map(({ at }) => at?.split('+')[0]).slice(0, 5)).toEqual([
      'remove_vma',
      'exit_mmap',
      'mmput',
      'exit_mm',
      'do_exit',
    ]);
    await expect(formatViolationReport(report!).join('\n')).toMatchFileSnapshot(rendering('readers'));
  });
});
