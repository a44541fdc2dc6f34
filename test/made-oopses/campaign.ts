// Makes oopses of the functions of kernel packages, has them explained with the kernel, and counts what was right.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportsOf } from '../../src/decode/read/read-reports.js';
import { KernelCode } from '../../src/decode/explain/with-kernel.js';
import type { Explanation } from '../../src/decode/explain/explain.js';
import { type KernelImage, openKernelImage } from '../../src/image/kernel-image.js';
import { numbers } from '../helpers/any-code.js';
import type { KernelPackage } from '../helpers/kernel-packages.js';
import { type NameVerdict, judgeName } from './judge-name.js';
import { Steps } from './judge-statements.js';
import { type MadeOops, makeOopses } from './make.js';
import { reportText } from './report-text.js';
import { Unbooted } from './unbooted.js';

/** What came of the reports. */
export interface Counts {
  readonly reports: number;
  readonly modules: ReadonlySet<string>; // `vmlinux` among them
  readonly verdicts: Readonly<Record<NameVerdict, number>>;
  /** By how many pointers led to the bad one. */
  readonly depths: Readonly<Record<number, number>>;
  /** Certain statements that are true of the run, and those that it cannot tell. */
  readonly statements: { readonly checked: number; readonly unchecked: number };
  /** Names of another report of the same image, held against each: how many were right. */
  readonly control: { readonly judged: number; readonly right: number };
  /** Certain statements that are false. */
  readonly falseOnes: readonly string[];
  /** What was not right, in words. */
  readonly notes: readonly string[];
}

class Count {
  reports = 0;
  modules = new Set<string>();
  verdicts: Record<NameVerdict, number> = { right: 0, field: 0, unnamed: 0, wrong: 0 };
  depths: Record<number, number> = {};
  statements = { checked: 0, unchecked: 0 };
  control = { judged: 0, right: 0 };
  falseOnes: string[] = [];
  notes: string[] = [];
}

/** A kernel or a module, loaded. */
interface Loaded {
  readonly machine: Unbooted;
  readonly kernel: KernelImage;
  readonly image: KernelImage;
}

const open = async (file: string): Promise<KernelImage> =>
  openKernelImage(readFileSync(file), file.split('/').at(-1)!);

const moduleFile = ({ modules }: KernelPackage, name: string): string | undefined =>
  [`${name}.ko`, `${name}.ko.xz`].map((one) => join(modules, one)).find((one) => existsSync(one));

const explain = async (text: string, { kernel, image }: Loaded): Promise<Explanation> => {
  const [report] = reportsOf(text);
  if (report?.registers[0] === undefined) throw new Error(`a made report was not read:\n${text}`);
  const modules = new Map(image.module === undefined ? [] : [[image.module, image]]);
  const code = new KernelCode(() => Promise.resolve({ image: kernel, modules }));
  await code.prepare(report);
  return code.explain(report, report.registers[0]);
};

const judge = (
  { machine, kernel, image }: Loaded,
  oops: MadeOops,
  explained: Explanation,
  before: Explanation | undefined,
  count: Count,
): void => {
  const own = kernel.types()!;
  const btf = image === kernel ? own : (image.types(own) ?? own);
  const where = `${kernel.release} ${oops.called}, in ${oops.symbol.name}, ${oops.slot.path} is ${oops.kind}`;
  // What a replaced function does is not its code.
  if (!machine.wasReplaced) {
    const { checked, unchecked, wrong } = new Steps(machine, oops).judge(explained);
    count.statements.checked += checked;
    count.statements.unchecked += unchecked;
    for (const one of wrong) count.falseOnes.push(`${where}: ${one}`);
  }
  const { verdict, why } = judgeName(machine, btf, oops, explained);
  count.verdicts[verdict] += 1;
  if (verdict !== 'right') count.notes.push(`${verdict}: ${where}: ${why}`);
  const [access, other] = [explained.types?.access, before?.types?.access?.named];
  if (access?.named === undefined || other === undefined || other.text === access.named.text) return;
  const shuffled = { ...explained, types: { ...explained.types!, access: { ...access, named: other } } };
  count.control.judged += 1;
  if (judgeName(machine, btf, oops, shuffled).verdict === 'right') count.control.right += 1;
};

/**
 * Oopses of one package.
 *
 * @param names of modules, as their files lie: `fs/ext4/ext4`; those that are not there are left out
 * @param each how many of each module, and of the kernel
 */
export const countOopses = async (
  of: KernelPackage,
  names: readonly string[],
  each: number,
  seed: number,
  count = new Count(),
): Promise<Counts> => {
  const kernel = await open(of.vmlinuz);
  const machine = new Unbooted(kernel);
  for (const [index, name] of ['', ...names].entries()) {
    const file = name === '' ? of.vmlinuz : moduleFile(of, name);
    if (file === undefined) continue;
    const image = name === '' ? kernel : await open(file);
    const refused = name === '' ? undefined : machine.load(image);
    if (refused !== undefined) {
      count.notes.push(`${of.release} ${name}: ${refused}`);
      continue;
    }
    const btf = name === '' ? kernel.types()! : image.types(kernel.types()!);
    if (btf === undefined) continue;
    const loaded = { machine, kernel, image };
    let before: Explanation | undefined;
    for (const oops of makeOopses(machine, image, btf, numbers(seed * 1000 + index), each)) {
      const text = reportText(machine, oops, of.release, of.version);
      count.reports += 1;
      count.modules.add(image.module ?? 'vmlinux');
      count.depths[oops.slot.depth] = (count.depths[oops.slot.depth] ?? 0) + 1;
      const explained = await explain(text, loaded);
      judge(loaded, oops, explained, before, count);
      before = explained;
    }
  }
  return count;
};
