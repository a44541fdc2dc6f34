// `oopslab decode --kernel` on reports that are made of a real kernel's own bytes: what ipc/shm.c says that its shm_close()
// dereferences is the truth (`sfd->vm_ops->close`, sfd being vma->vm_file->private_data).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEEDS_KERNEL, kernelPackage } from '../helpers/kernel-packages.js';
import { oopslab } from '../helpers/oopslab.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-decode-kernel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const root = fileURLToPath(new URL('../..', import.meta.url));
const valid = new Ajv2020({ allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(join(root, 'schema/decode.schema.json'), 'utf8')) as object,
);

const POINTER = '((struct shm_file_data *)vma->vm_file->private_data)->vm_ops';

interface Line {
  readonly at: string;
  readonly bytes: string;
  readonly text: string;
}

describe('oopslab decode', () => {
  it('refuses options that say nothing together', async () => {
    for (const [args, message] of [
      [['--types'], /--types prints a struct of the kernel that --kernel names/u],
      [['--types', '--kernel', folder, '--json'], /--types is text/u],
      [['--kernel', folder, '--code', 'shm_close'], /choose --kernel or --code/u],
    ] as const) {
      const { status, stdout, stderr } = await oopslab(['decode', ...args]);
      expect([status, stdout + stderr]).toEqual([2, expect.stringMatching(message)]);
    }
  });
});

describe.each(['6.1', '6.12'] as const)('oopslab decode --kernel of %s', (series) => {
  const kernel = kernelPackage(series);
  // The function as the package has it, and its call through the pointer.
  let lines: readonly Line[] = [];
  let trap: Line | undefined;
  let size = 0;

  beforeAll(async () => {
    if (kernel === undefined) return;
    const { stdout } = await oopslab(['dis', 'shm_close', '--kernel', kernel.tree, '--json']);
    const listing = JSON.parse(stdout) as { size: number; instructions: readonly Line[] };
    lines = listing.instructions;
    size = listing.size;
    // `sfd->vm_ops` and `->close`: two loads into rax, one after the other.
    const second = lines.findIndex(({ text }, index) => {
      const before = lines[index - 1]?.text ?? '';
      return /^mov 0x\w+\(%rax\),%rax$/u.test(text) && /^mov 0x\w+\(%rbx\),%rax$/u.test(before);
    });
    trap = lines[second];
  });

  /** A report of it with RAX NULL. @param changed takes other bytes than the kernel's */
  const report = (release: string, changed: (bytes: string[]) => void = () => {}): string => {
    const bytes = lines.flatMap(({ bytes: digits }) => digits.match(/../gu) ?? []);
    changed(bytes);
    const at = Number(trap!.at.split('+')[1]);
    const wanted = /0x\w+/u.exec(trap!.text)![0].slice(2).padStart(16, '0');
    const code = bytes.map((byte, index) => (index === at ? `<${byte}>` : byte)).join(' ');
    const place = `shm_close+0x${at.toString(16)}/0x${size.toString(16)}`;
    const name = `${release}.oops`;
    const text = `BUG: kernel NULL pointer dereference, address: ${wanted}
#PF: supervisor read access in kernel mode
#PF: error_code(0x0000) - not-present page
PGD 0 P4D 0
Oops: 0000 [#1] PREEMPT SMP PTI
CPU: 1 PID: 4711 Comm: postgres Not tainted ${release} #1
RIP: 0010:${place}
Code: ${code}
RSP: 0018:ffffa3c5c0b2fd60 EFLAGS: 00010246
RAX: 0000000000000000 RBX: ffff8b1c04c9a2c0 RCX: 0000000000000000
RDX: 0000000000000000 RSI: ffff8b1c05f31e40 RDI: ffff8b1c05f31e40
RBP: ffff8b1c0211c000 R08: 0000000000000000 R09: 0000000000000000
R10: 0000000000000000 R11: 0000000000000000 R12: ffff8b1c0211c000
R13: 0000000000000000 R14: 0000000000000000 R15: 0000000000000000
CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033
CR2: ${wanted} CR3: 0000000104e6a000 CR4: 0000000000750ee0
Call Trace:
 <TASK>
 do_syscall_64+0x55/0xb0
 </TASK>
---[ end trace 0000000000000000 ]---
`;
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const decode = (file: string, ...more: readonly string[]) =>
    oopslab(['decode', file, '--kernel', kernel!.tree, ...more]);

  it.skipIf(kernel === undefined)(`names the pointer and the field in C ${NEEDS_KERNEL}`, async () => {
    const { stdout, stderr, status } = await decode(report(kernel!.release), '--types');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/Value .*; vm_ops->close at offset 0x8 was wanted \(likely\)/u);
    expect(stdout.replaceAll(/\s+/gu, ' ')).toContain(`RAX is ${POINTER} (`);
    expect(stdout).toMatch(/Around vm_ops->close at offset 0x8\n +struct vm_operations_struct \{/u);
    const { stdout: plain } = await decode(report(kernel!.release));
    expect(plain).not.toContain('struct vm_operations_struct {');
  });

  it.skipIf(kernel === undefined)(`tells both in its document ${NEEDS_KERNEL}`, async () => {
    const { stdout } = await decode(report(kernel!.release), '--json');
    const document: unknown = JSON.parse(stdout);
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true);
    const [one] = (document as { reports: { explanation: { types: Types } }[] }).reports;
    const { access, registers } = one!.explanation.types;
    expect(access?.named).toMatchObject({ struct: 'vm_operations_struct', field: 'close', sure: 'likely' });
    expect(registers.find(({ register }) => register === 'rax')).toMatchObject({
      text: POINTER,
      sure: 'likely',
    });
    expect(JSON.stringify(one!.explanation.types)).not.toContain('"certain"');
  });

  it.skipIf(kernel === undefined)(`uses no other kernel ${NEEDS_KERNEL}`, async () => {
    const other = `${kernel!.release.split('-')[0]}-999-amd64`;
    const { stdout, stderr } = await decode(report(other), '--types');
    expect(stderr).toMatch(/report 1 is explained without --kernel .*999/u);
    expect(stdout).not.toMatch(/In C|vm_ops/u);
  });

  it.skipIf(kernel === undefined)(`uses no code that does not fit ${NEEDS_KERNEL}`, async () => {
    const at = Number(trap!.at.split('+')[1]);
    // Moves and jumps of a file that is not this one, up to the trap.
    const file = report(kernel!.release, (bytes) => bytes.fill('90', 5, at));
    const { stdout, stderr } = await decode(file, '--types');
    expect(stderr).toMatch(/report 1 is explained without --kernel/u);
    expect(stdout).not.toMatch(/In C|vm_ops/u);
  });
});

interface Types {
  readonly access: { readonly named: object | null } | null;
  readonly registers: readonly { readonly register: string; readonly text: string }[];
}
