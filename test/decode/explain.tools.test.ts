// The listing against objdump, and --code with an object of gcc.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { listBytes } from '../../src/decode/code/decodecode.js';
import { ElfFunctions } from '../../src/decode/code/elf-functions.js';
import { explainReport, explainedRegisters } from '../../src/decode/explain/explain.js';
import { withFunctionBytes } from '../../src/decode/code/function-bytes.js';
import { type KernelReport } from '../../src/decode/read/report.js';
import { statementText } from '../../src/decode/show/claims.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { InputError } from '../../src/base/errors.js';
import { has } from '../helpers/candidate-tools.js';
import { randomWith } from '../helpers/lineage-machine.js';
import { generateFunction } from '../helpers/decode-windows.js';

const golden = readFileSync(new URL('../golden/oops.txt', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'oopslab-explain-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const withCode = (code: string, report: KernelReport) =>
  withFunctionBytes(report, explainedRegisters(report)!, { code, libraries: [] }, (full) =>
    explainReport(report, full),
  );

it.skipIf(!has('objdump'))('a listing is what objdump prints of the same code (needs objdump)', () => {
  const random = randomWith(6);
  const byte = (): number => (random() % 4 === 0 ? 0 : random() % 256);
  for (let round = 0; round < 40; round += 1) {
    const code = generateFunction(round + 1).bytes;
    const from = random() % Math.max(1, code.length - 64);
    const bytes = round % 4 === 0 ? Uint8Array.from({ length: 64 }, byte) : code.slice(from, from + 64);
    const file = join(folder, 'window');
    writeFileSync(file, bytes);
    const { stdout } = spawnSync('objdump', ['-D', '-b', 'binary', '-m', 'i386:x86-64', file], {
      encoding: 'utf8',
    });
    const theirs = stdout.split('\n').filter((line) => /^\s+(?:[0-9a-f]+:\t|\.\.\.)/u.test(line));
    const addresses = (lines: readonly string[]): string[] =>
      lines.map((line) => line.split('\t').slice(0, 2).join('\t').trimEnd());
    const texts = (lines: readonly string[]): string[] => lines.map((line) => line.trimEnd());
    const ours = listBytes(bytes, 'gnu');
    // Random bytes are odd instructions, which are not all spelled alike: docs/disassembly.md.
    if (round % 4 === 0) continue;
    // The last instruction is cut: objdump names single prefixes in such a rest in its own way.
    const cut = ours.findIndex((line) => /\t(?:\.byte|\(bad\)|rex)/u.test(line));
    const end = cut < 0 ? ours.length : cut;
    // Of bytes that are no instruction, before the last one, objdump takes more at a time: docs/disassembly.md.
    const isInside = cut >= 0 && Number.parseInt(ours[cut]!, 16) < bytes.length - 15;
    if (!isInside) expect(ours.length).toBe(theirs.length);
    expect(addresses(ours.slice(0, end))).toEqual(addresses(theirs.slice(0, end)));
    expect(texts(ours.slice(0, end))).toEqual(texts(theirs.slice(0, end)));
  }
});

it.skipIf(!has('gcc'))('--code takes an object of a compiler, and refuses it damaged (needs gcc)', () => {
  const source = `void down_write(void *); void *ipc_lock(void *, int);
    struct sfd { int id; char *ns; }; struct file { char pad[160]; struct sfd *data; };
    struct vma { char pad[152]; struct file *file; };
    void shm_close(struct vma *vma) { struct sfd *sfd = vma->file->data; char *ns = sfd->ns;
      down_write(ns + 160); void *shp = ipc_lock(ns + 152, sfd->id);
      if ((unsigned long)shp > -4096UL) __builtin_trap(); ++*(long *)(ns + 8); }`;
  writeFileSync(join(folder, 'shm.c'), source);
  const object = join(folder, 'shm.o');
  const flags = [
    '-O2',
    '-fno-pic',
    '-mcmodel=kernel',
    '-mno-red-zone',
    '-fcf-protection=none',
    '-fno-reorder-blocks-and-partition',
    '-c',
  ];
  expect(spawnSync('gcc', [...flags, '-o', object, join(folder, 'shm.c')]).status).toBe(0);
  const elf = new ElfFunctions(object);
  const [symbol] = elf.named('shm_close');
  const bytes = elf.bytesOf(symbol!);
  elf.close();
  const trap = bytes.findIndex((byte, at) => byte === 0x0f && bytes[at + 1] === 0x0b);
  const offset = `0x${trap.toString(16)}`;
  const line = [...bytes.subarray(0, trap + 2)].map((byte, at) =>
    at === trap ? `<${byte.toString(16).padStart(2, '0')}>` : byte.toString(16).padStart(2, '0'),
  );
  const text = golden
    .replaceAll('shm_close+0x3e/0xb0', `shm_close+${offset}/0x${bytes.length.toString(16)}`)
    .replace(/^Code: .*$/mu, `Code: ${line.slice(Math.max(0, trap - 43)).join(' ')} `);
  const [report] = reportsOf(text);
  const explained = withCode(object, report!);
  const said = explained.registers.map((one) => statementText(one)).join('\n');
  expect(said).toMatch(/RAX may have been changed by .*ipc_lock|RAX is the value that the call .* returned/u);
  expect(explained.stack.some(({ claim }) => claim.kind === 'pushed' && claim.register === 'rbx')).toBe(true);
  expect(explained.gaps).toEqual([]);
  // The same with a damaged file: one clear error, whatever is wrong with it.
  const whole = readFileSync(object);
  const random = randomWith(1);
  for (let round = 0; round < 60; round += 1) {
    const damaged = Buffer.from(round % 2 === 0 ? whole : whole.subarray(0, random() % whole.length));
    for (let count = 0; count < 4 && damaged.length > 0; count += 1)
      damaged[random() % damaged.length] = random() % 256;
    writeFileSync(join(folder, 'damaged.o'), damaged);
    try {
      withCode(join(folder, 'damaged.o'), report!);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
    }
  }
});
