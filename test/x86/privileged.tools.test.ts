// Instructions that no run goes past, as GNU as assembles their names.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findForbidden } from '../../src/x86/privileged.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-privileged-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const missing = spawnSync('as', ['--version']).status !== 0;

const lines = (text: string): string[] =>
  text
    .split(/[;\n]/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');

const FORBIDDEN: Readonly<Record<string, string>> = {
  breakpoint: 'int3',
  'software interrupt': 'int $0x80; int $4',
  'privileged instruction': `
    hlt; mwait; monitor; swapgs; clts; invd; wbinvd; wrmsr; rdpmc; xsetbv; rsm; wrgsbase %rax; wrfsbase %rax; stac; clac
    inb $0x60,%al; in (%dx),%eax; outb %al,$0x60; out %al,(%dx); insb; rep insl; outsw
    mov %rax,%cr0; mov %r8,%cr3; mov %rax,%cr4; mov %rax,%cr8; mov %rax,%db7; lmsw %ax
    lgdt (%rax); lidt 8(%rsp); lldt %ax; ltr %ax; invlpg (%r9); lmsw (%rax)
    iretq; iretl; sysretq; sysretl; sysexitl; sysenter; syscall; lretq; lretl $8
    mov %eax,%ds; mov %eax,%gs; mov (%rax),%es; pop %fs; pop %gs; lss (%rax),%esp; ljmp *(%rax); lcall *(%rax)
    vmcall; vmlaunch; vmresume; vmxoff; vmread %rax,%rbx; vmptrld (%rax); vmrun; clgi; getsec`,
};

const ALLOWED = lines(`
    cli; sti; pushf; popf; cld; std; nop; pause; ret; leave; ud2; cpuid; lfence; clflush (%rax)
    mov %cr3,%rax; mov %db7,%rax; rdmsr; sgdt (%rax); sidt (%rax); str %eax; smsw %eax; sldt %eax; rdgsbase %rax; xgetbv
    mov %ds,%eax; push %fs; incl (%rax); call *(%rax); jmp *(%rax); call *%rax; push (%rax); xsave (%rax)
    lzcnt %eax,%ebx; rdrand %eax; movzbl (%rax),%ecx; lock cmpxchg8b (%rax); cmpxchg16b (%rax); bswap %eax
    setc (%rax); imul $3,%eax`);

/** The bytes of each line. */
const assemble = (all: readonly string[]): Uint8Array[] => {
  const object = join(folder, 'lines.o');
  const raw = join(folder, 'lines.bin');
  const source = all.map((line) => `${line}\n.balign 16,0x90\n`).join('');
  execFileSync('as', ['--64', '-o', object, '-'], { input: source });
  execFileSync('objcopy', ['-O', 'binary', '-j', '.text', object, raw]);
  const bytes = readFileSync(raw);
  return all.map((_, index) => bytes.subarray(index * 16, index * 16 + 15));
};

describe.skipIf(missing)('an instruction by its name (needs binutils)', () => {
  it.each(Object.entries(FORBIDDEN))('is a %s', (trap, text) => {
    const all = lines(text);
    const found = assemble(all).map((bytes) => findForbidden(bytes)?.trap);
    expect(all.filter((_, index) => found[index] !== trap)).toEqual([]);
  });

  it('is allowed', () => {
    const found = assemble(ALLOWED).map((bytes) => findForbidden(bytes)?.does);
    expect(
      ALLOWED.flatMap((line, index) => (found[index] === undefined ? [] : [`${line}: ${found[index]}`])),
    ).toEqual([]);
  });
});
