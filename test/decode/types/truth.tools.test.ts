// Names against the DWARF of gcc and clang: C of the kernel's kind, compiled as the kernel is, its types by pahole. The same
// judge holds the names of whole kernels against their debug packages (npm run truth).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKernelImage } from '../../../src/image/kernel-image.js';
import { Judge, precision } from '../../truth/judge.js';
import { linesOf } from '../../truth/lines.js';
import { MOST_BY_CHANCE, Report, contradictionText } from '../../truth/report.js';
import { compileVariables, run, variablesAt } from '../../truth/variables.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-truth-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sourceOf = (name: string): string => fileURLToPath(new URL(`../../truth/${name}`, import.meta.url));

// Of the kernel's Makefile and arch/x86/Makefile, 6.1: what decides how code looks.
const FLAGS = [
  '-g',
  '-O2',
  '-fno-strict-aliasing',
  '-mcmodel=kernel',
  '-mno-red-zone',
  '-mno-sse',
  '-fno-pic',
  '-fno-stack-protector',
  '-fcf-protection=none',
  '-fno-asynchronous-unwind-tables',
];

let program = '';
beforeAll(() => {
  program = compileVariables(sourceOf('variables.c'), folder);
});

describe.each(['gcc', 'clang'])('names in the code of %s', (compiler) => {
  let report: Report;
  let functions: number;
  beforeAll(async () => {
    const object = join(folder, `${compiler}.o`);
    run(compiler, [...FLAGS, '-c', '-o', object, sourceOf('kernel-kind.c')]);
    run('pahole', ['-J', object]);
    const image = await openKernelImage(readFileSync(object), object);
    const btf = image.types()!;
    const found = linesOf(image, btf);
    ({ functions } = found);
    report = new Report();
    report.add(new Judge(btf), found.lines, variablesAt(program, object, image, found.lines));
  });

  it('are those that its DWARF has, where it has any: 99.5 % of the likely ones', () => {
    expect(functions).toBeGreaterThanOrEqual(200);
    const likely = report.tallies.get('likely')!;
    const wrong = report.contradictions.filter(({ line }) => line.sure === 'likely').map(contradictionText);
    expect(likely.confirmed).toBeGreaterThan(500);
    expect(precision(likely), wrong.join('\n')).toBeGreaterThanOrEqual(0.995);
  });

  it('are not all that the judge confirms: names dealt out anew are refused', () => {
    expect(precision(report.control)).toBeLessThan(MOST_BY_CHANCE);
    expect(report.isTrusted).toBe(true);
  });
});
