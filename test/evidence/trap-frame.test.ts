// The stack at the trap against crash's `bt -FF` of the real dump (slide 34), word by word; and oopses of the other forms.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatOops } from '../../src/oops/collect.js';
import { parseOops } from '../helpers/parse-oops.js';
import { RecordedState } from '../../src/recording/state.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { identifySlabAddress } from '../../src/kernel/slab-identify.js';
import { formatCrashLocation } from '../../src/kernel/symbols.js';
import { findTrap, recordedSymbols, reportOf } from '../../src/recording/trap.js';

const golden = readFileSync(new URL('../golden/bt-FF.txt', import.meta.url), 'utf8');
const recording = replay(loadScenario('shm-close-bug'));
const state = new RecordedState(recording).end();
const symbols = recordedSymbols(recording);

// As crash shows a word: a symbol, a slab object, else the number.
const show = (word: bigint): string => {
  const location = symbols.findLocation(word);
  if (location !== undefined) return formatCrashLocation(location);
  const digits = word.toString(16).padStart(16, '0');
  const place = identifySlabAddress(state, word);
  return place?.kind === 'object' ? `[${digits}:${place.cacheName}]` : digits;
};

describe('the stack at the trap', () => {
  const rows = [...golden.matchAll(/^ {4}([0-9a-f]{16}): (\S+) +(\S+) *$/gmu)];

  it('has every word that slide 34 shows', () => {
    expect(rows).toHaveLength(15);
    for (const [, address, first, second] of rows) {
      const at = BigInt(`0x${address}`);
      expect([address, show(state.readU64(at)), show(state.readU64(at + 8n))]).toEqual([
        address,
        first,
        second,
      ]);
    }
  });

  it('has the return address of the handler below its pt_regs', () => {
    expect(findTrap(recording)!.regs).toBe('0xffff880211337cd8');
    expect(show(state.readU64(0xffff880211337cd0n))).toBe('invalid_op+27');
    expect(golden).toContain('#4 [ffff880211337cd0] invalid_op at ffffffff81472ddb');
    expect(state.readU64(0xffff880211337cd0n)).toBe(0xffffffff81472ddbn);
  });
});

describe('an oops of another form', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oopslab-trap-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (name: string, text: string) => {
    const path = join(folder, `${name}.yaml`);
    writeFileSync(path, `format: oopslab scenario 1\nname: ${name}\nextends: shm-close-bug\n${text}`);
    return replay(loadScenario(path));
  };

  it('is that of a page fault when remove_vma() meets operations that are not mapped', () => {
    const faulted = run(
      'page-fault',
      'world: { objects: { vma: { set: { vm_ops: 0xffff8800deadb000 } } } }\n',
    );
    expect(faulted.header.outcome).toEqual({
      kind: 'fault', at: 'remove_vma+0x19', access: 'read', address: '0xffff8800deadb008', size: 8,
    }); // prettier-ignore
    const text = formatOops(reportOf(faulted)!);
    expect(text.split('\n').slice(0, 3)).toEqual([
      'BUG: unable to handle kernel paging request at ffff8800deadb008',
      expect.stringMatching(/^IP: \[<[0-9a-f]{16}>\] remove_vma\+0x19\/0x80$/u),
      expect.stringMatching(/^PGD /u),
    ]);
    expect(text).toContain('Oops: 0000 [#1] SMP ');
    expect(text).toMatch(/^CR2: ffff8800deadb008 /mu);
    expect(parseOops(text)).toMatchObject({ head: { kind: 'page fault', address: 0xffff8800deadb008n } });
  });

  it('names a NULL pointer', () => {
    const faulted = run('null-pointer', 'world: { objects: { vma: { set: { vm_ops: 0x10 } } } }\n');
    expect(formatOops(reportOf(faulted)!)).toMatch(
      /^BUG: unable to handle kernel NULL pointer dereference at 0{14}18\n/u,
    );
  });

  it('is that of a general protection fault where the address is not canonical', () => {
    const faulted = run('poison', 'world: { objects: { vma: { set: { vm_ops: 0x6b6b6b6b6b6b6b6b } } } }\n');
    expect(faulted.header.outcome).toMatchObject({
      kind: 'fault',
      at: 'remove_vma+0x19',
      address: '0x6b6b6b6b6b6b6b73',
    });
    expect(formatOops(reportOf(faulted)!)).toMatch(/^general protection fault: 0000 \[#1\] SMP \n/u);
  });
});
