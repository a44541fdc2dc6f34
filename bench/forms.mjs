// The instruction forms of a kernel's modules on both engines and on this CPU: npm run bench:forms -- FOLDER. FOLDER holds an unpacked
// package of a kernel. A form is what iced-x86 calls an instruction, whether each operand is a register, memory or a constant, and
// the prefixes that matter; encodings that occur under fs/ and net/ are run by test/machine/forms.test.ts.
//
//   --each N    encodings of each form
//   --list      print the forms and run nothing: test/fixtures/kernel-forms.txt is such a list

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import iced from 'iced-x86';
import { ElfFile, SHF, SHT } from '../dist/elf/elf.js';
import { sourceOf } from '../dist/elf/source.js';

const { Code, Decoder, DecoderOptions, Instruction, OpKind, Register } = iced;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { each: { type: 'string', default: '32' }, list: { type: 'boolean', default: false } },
});
const EACH = Number(options.each);
const PER_SHAPE = Math.max(2, Math.ceil(EACH / 4));

const modules = readdirSync(positionals[0], { recursive: true })
  .filter((name) => /\/kernel\/(?:fs|net)\/.*\.ko$/u.test(`/${name}`))
  .sort();

// So that the choice of encodings depends on nothing but them.
const hash = (bytes) => bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193) >>> 0, 0x811c9dc5);

const isHigh = (register) => register >= Register.AH && register <= Register.BH;

const operand = (instruction, index) => {
  const kind = instruction.opKind(index);
  if (kind === OpKind.Register) return isHigh(instruction.opRegister(index)) ? 'h' : 'r';
  if (kind === OpKind.Memory) return 'm';
  return kind >= OpKind.MemorySegSI && kind <= OpKind.MemoryESRDI ? 's' : 'i';
};

const prefixesOf = (instruction) =>
  [
    instruction.hasLockPrefix && 'lock',
    instruction.hasRepPrefix && 'rep',
    instruction.hasRepnePrefix && 'repne',
    instruction.segmentPrefix === Register.GS && 'gs',
    instruction.segmentPrefix === Register.FS && 'fs',
  ].filter(Boolean);

const shapeOf = (instruction, length) =>
  `${length} ${instruction.memoryBase === Register.None ? '' : instruction.isIpRelMemoryOperand ? 'rip' : 'base'} ${
    instruction.memoryIndex === Register.None ? '' : instruction.memoryIndexScale
  }`;

const forms = new Map();
const instruction = new Instruction();
let total = 0;
let invalid = 0;

const scan = (code) => {
  const decoder = new Decoder(64, code, DecoderOptions.None);
  decoder.ip = 0n;
  while (decoder.canDecode) {
    const at = decoder.position;
    decoder.decodeOut(instruction);
    if (instruction.code === Code.INVALID) {
      invalid += 1;
      continue;
    }
    if (instruction.code === Code.Int3) continue; // padding
    total += 1;
    const operands = Array.from({ length: instruction.opCount }, (_, index) =>
      operand(instruction, index),
    ).join('');
    const key = [
      Code[instruction.code],
      ...(operands === '' ? [] : [operands]),
      ...prefixesOf(instruction),
    ].join(' ');
    let form = forms.get(key);
    if (form === undefined) forms.set(key, (form = { count: 0, shapes: new Map() }));
    form.count += 1;
    const shape = shapeOf(instruction, instruction.length);
    let known = form.shapes.get(shape);
    if (known === undefined) form.shapes.set(shape, (known = new Map()));
    const bytes = code.subarray(at, at + instruction.length);
    const order = hash(bytes);
    if (known.size >= PER_SHAPE && order >= Math.max(...known.keys())) continue;
    known.set(order, Buffer.from(bytes).toString('hex'));
    if (known.size > PER_SHAPE) known.delete(Math.max(...known.keys()));
  }
  decoder.free();
};

for (const name of modules) {
  const bytes = readFileSync(join(positionals[0], name));
  const elf = new ElfFile(sourceOf(bytes, name), 'a module of a kernel');
  for (const { type, flags, offset, size } of elf.sections)
    if (type !== SHT.NOBITS && (flags & SHF.EXECINSTR) !== 0) scan(bytes.subarray(offset, offset + size));
}

const lines = [`# ${modules.length} modules, ${total} instructions, ${forms.size} forms`];
for (const [key, { count, shapes }] of [...forms].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const lists = [...shapes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, known]) => [...known].sort(([a], [b]) => a - b).map(([, hex]) => hex));
  const chosen = [];
  for (let round = 0; chosen.length < EACH && lists.some((list) => list.length > round); round += 1)
    chosen.push(...lists.flatMap((list) => list.slice(round, round + 1)));
  lines.push(`${key}: ${count}: ${chosen.slice(0, EACH).join(' ')}`);
}
if (invalid > 0) process.stderr.write(`forms: ${invalid} places are no instruction\n`);

const list = `${lines.join('\n')}\n`;
if (options.list) process.stdout.write(list);
else {
  const folder = mkdtempSync(join(tmpdir(), 'oopslab-forms-'));
  const file = join(folder, 'forms.txt');
  writeFileSync(file, list);
  const env = { ...process.env, OOPSLAB_FULL: '1', OOPSLAB_FORMS: file };
  const { status } = spawnSync('npx', ['vitest', 'run', 'test/machine/forms.test.ts'], {
    stdio: 'inherit',
    env,
  });
  rmSync(folder, { recursive: true });
  process.exitCode = status ?? 1;
}
