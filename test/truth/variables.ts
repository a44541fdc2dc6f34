// Asks variables.c, compiled here, which variables DWARF has in a register.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { KernelImage } from '../../src/image/kernel-image.js';
import type { Line, Variable } from './judge.js';

// System V ABI, AMD64 supplement, figure 3.36: the numbers of registers in DWARF.
const NUMBERS = ['rax', 'rdx', 'rcx', 'rbx', 'rsi', 'rdi', 'rbp', 'rsp'].concat(
  Array.from({ length: 8 }, (_, index) => `r${index + 8}`),
);

const MOST_OUTPUT = 1 << 30; // bytes

/** @returns what a program printed @throws when it fails, with what it said */
export const run = (program: string, args: readonly string[], input = ''): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    input,
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
};

/** @param source the file variables.c @param folder where the program goes @returns the program */
export const compileVariables = (source: string, folder: string): string => {
  const program = join(folder, 'variables');
  run('gcc', ['-O2', '-Wall', '-o', program, source, '-ldw', '-lelf']);
  return program;
};

const question = (image: KernelImage, { place, base }: Line): string => {
  const at = BigInt(place);
  const register = NUMBERS.indexOf(base);
  if (!image.elf.isRelocatable) return `- ${at.toString(16)} ${register}`;
  const section = image.elf.sections[Number(at >> 32n)]!.name;
  return `${section} ${(at & 0xffff_ffffn).toString(16)} ${register}`;
};

/**
 * The variables in the base register of each line, at its instruction.
 *
 * @param program of {@link compileVariables}
 * @param file with the DWARF of the image
 */
export const variablesAt = (
  program: string,
  file: string,
  image: KernelImage,
  lines: readonly Line[],
): Variable[][] => {
  if (lines.length === 0) return [];
  const answers = run(program, [file], lines.map((line) => `${question(image, line)}\n`).join(''));
  return answers
    .trimEnd()
    .split('\n')
    .map((answer) => JSON.parse(answer) as Variable[]);
};
