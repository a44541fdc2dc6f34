// What `--kernel` names, for decode: the kernel of each report is looked for when the report comes. Apart, because reading
// kernels takes long to load.

import type { NamedCode } from '../decode/explain/explain.js';
import { KernelCode, type ReportKernel, modulesOf } from '../decode/explain/with-kernel.js';
import type { KernelReport } from '../decode/read/report.js';
import { OtherKernelError, openKernel } from '../installed/open-kernel.js';
import type { Io } from './output.js';

const open = async (io: Io, where: readonly string[], report: KernelReport): Promise<ReportKernel> => {
  try {
    const found = await openKernel(where, { release: report.release, modules: modulesOf(report) });
    for (const note of found.notes) io.note(note);
    return found;
  } catch (error) {
    if (!(error instanceof OtherKernelError)) throw error;
    return { image: undefined, modules: new Map(), problem: error.message };
  }
};

/** @param where what `--kernel` named, each time */
export const kernelCode = (io: Io, where: readonly string[]): NamedCode => {
  const opened = new Map<string, Promise<ReportKernel>>();
  return new KernelCode((report) => {
    const key = JSON.stringify([report.release, modulesOf(report)]);
    const opening = opened.get(key) ?? open(io, where, report);
    opened.set(key, opening);
    return opening;
  });
};
