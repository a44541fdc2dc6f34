// The lines about the place of the report: CPU, task, taint, release, hardware.
// Sources: show_regs_common(), arch/x86/kernel/process.c, v2.6.32 (`Pid:`); dump_stack_print_info(), v3.10 (`CPU: PID:`),
// v6.11 (`UID:`); print_modules() and the vendors' additions (`Kdump: loaded`, dashes between the letters).

import { defined, numberIn } from '../../base/defined.js';

/** The facts of such a line; those that it lacks are absent. */
export interface FoundProcess {
  readonly cpu?: number;
  readonly uid?: number;
  readonly pid?: number;
  readonly comm?: string;
  readonly taint?: string | null;
  readonly release?: string;
  readonly version?: string;
  readonly hardware?: string;
}

const WHO = /^(?:CPU: (\d{1,5})\s{1,4})?(?:UID: (\d{1,10}) )?P(?:ID|id): (\d{1,10}),? [Cc]omm: (.*)$/u;
const TAINT = /\s?\b(Not tainted|Tainted:)/u;
const RELEASE = /(?:^|\s)(\d{1,3}\.\d{1,5}[\w.+~:-]{0,120})(?:\s+(#\S{1,60}))?/u;

type KernelWords = Pick<FoundProcess, 'taint' | 'release' | 'version' | 'hardware'>;

// `Tainted: G        W         5.8.0 #1`: the letters have a fixed width, so blanks before the release are not theirs.
const kernel = (text: string): KernelWords => {
  const taint = TAINT.exec(text);
  const rest = taint === null ? text : text.slice(taint.index + taint[0].length);
  const release = RELEASE.exec(rest);
  const letters = (release === null ? rest : rest.slice(0, release.index)).trim();
  const after = release === null ? '' : rest.slice(release.index + release[0].length).trim();
  return defined({
    taint: taint === null ? undefined : taint[1] === 'Not tainted' ? null : letters,
    release: release?.[1],
    version: release?.[2],
    hardware: after || undefined,
  });
};

/** CPU, task, taint and release. @param text without prefixes */
export const findProcess = (text: string): FoundProcess | undefined => {
  const line = text.trim();
  const who = WHO.exec(line);
  if (who !== null) {
    const [, cpu, uid, pid, rest] = who;
    const taint = TAINT.exec(rest!);
    const named = taint === null ? rest! : rest!.slice(0, taint.index);
    const said: KernelWords = taint === null ? {} : kernel(rest!.slice(taint.index));
    const { hardware, version, ...others } = said;
    // Before 3.10 the name of the machine followed on this line; since 6.11 it is the preemption model.
    const isModel = hardware !== undefined && !line.startsWith('Pid:');
    return defined({
      cpu: numberIn(cpu),
      uid: numberIn(uid),
      pid: Number(pid),
      comm: named.replace(/ Kdump:(?: loaded)?\s*$/u, '').trim(),
      ...others,
      version: isModel ? `${version ?? ''} ${hardware}`.trim() : version,
      hardware: isModel ? undefined : hardware,
    });
  }
  // crash(8): `PID: 77  TASK: ffff888101234500  CPU: 3  COMMAND: "frobd"`
  const task =
    /^PID: (\d{1,9})\s{1,8}TASK: [0-9a-f]{16}\s{1,8}CPU: (\d{1,5})\s{1,8}COMMAND: "(.{1,64}?)"$/u.exec(line);
  if (task !== null) return { pid: Number(task[1]), cpu: Number(task[2]), comm: task[3]! };
  const alone = /^CPU:? (\d{1,5})$/u.exec(line);
  if (alone !== null) return { cpu: Number(alone[1]) };
  if (/^(?:Not tainted|Tainted:) /u.test(line) && !line.startsWith('Tainted: [')) {
    const { hardware: _, ...said } = kernel(line);
    return said.release === undefined ? undefined : said; // of a hung task
  }
  return undefined;
};

/** `Hardware name:` and `Workqueue:`. @param text without prefixes */
export const findNamedLine = (text: string): { hardware?: string; workqueue?: string } | undefined => {
  const found = /^\s*(Hardware name|Workqueue): ?(.*)$/u.exec(text);
  if (found === null) return undefined;
  const said = found[2]!.trim();
  return found[1] === 'Workqueue' ? { workqueue: said } : { hardware: said };
};
