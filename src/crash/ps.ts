// ps and vm: the tasks of the world and their mappings. A dash stands for a missing value.

import { type Addr, hex, hex16 } from '../base/address.js';
import { findField } from '../kernel/layout.js';
import { vm_area_struct } from '../kernel/structs/mm.js';
import { parseNumber, parseHex, readArguments } from './arguments.js';
import { type CrashCommand, type Session, complain } from './command.js';
import type { Dump } from '../reading/dump.js';
import { STATES, type Task, taskFindings } from '../kernel/task.js';
import { NO_TASK, allTasks, currentFindings, hasNoTask, taskOf, taskLine } from './tasks.js';

export const MAX_MAPPINGS = 65_536;

/** The task that a PID or the address of a task_struct means. */
export const findTask = (command: string, dump: Dump, text: string): Task => {
  if (hasNoTask(dump)) return complain(command, NO_TASK);
  const tasks = allTasks(dump);
  const pid = /^\d{1,7}$/u.test(text) ? parseNumber(text) : undefined;
  const found =
    tasks.find((task) => pid !== undefined && BigInt(task.pid) === pid) ??
    tasks.find((task) => task.address === parseHex(text));
  return (
    found ??
    complain(
      command,
      `no task has PID or address "${text}"; there are ${tasks.map((task) => task.pid).join(', ')}`,
    )
  );
};

const psLine = (dump: Dump, task: Task): string =>
  [
    task.address === dump.currentTask ? '>' : ' ',
    String(task.pid).padStart(6),
    '-'.padStart(7),
    String(task.cpu ?? '-').padStart(4),
    ` ${hex16(task.address)}`,
    ` ${STATES.get(task.state)?.[0] ?? '??'}`,
    '-'.padStart(6),
    '-'.padStart(8),
    '-'.padStart(7),
    ` ${task.comm}`,
  ].join('').trimEnd(); // prettier-ignore

export const ps: CrashCommand = {
  name: 'ps',
  summary: 'tasks',
  usage: '[PID | TASK]...',
  help: ['> marks the task that runs. Parents and sizes are not in the worlds.', '', '  crash> ps'],
  run: ({ dump }, args) => {
    const { rest } = readArguments('ps', args, '');
    if (hasNoTask(dump)) return complain('ps', NO_TASK);
    const tasks = rest.length === 0 ? allTasks(dump) : rest.map((text) => findTask('ps', dump, text));
    return [
      '   PID    PPID  CPU       TASK        ST  %MEM     VSZ    RSS  COMM',
      ...tasks.map((task) => psLine(dump, task)),
      ...[...currentFindings(dump), ...tasks.flatMap((task) => taskFindings(dump.memory, task))].map(
        (finding) => `ps: ${finding}`,
      ),
    ];
  },
};

const offset = (path: string): bigint => BigInt(findField(vm_area_struct, path)!.offset);
const FIELDS = {
  mm: offset('vm_mm'),
  start: offset('vm_start'),
  end: offset('vm_end'),
  next: offset('vm_next'),
  flags: offset('vm_flags'),
  file: offset('vm_file'),
};

const mappingLines = (dump: Dump, mm: Addr): string[] => {
  const { memory } = dump;
  const lines: string[] = [];
  const seen = new Set<Addr>();
  let from = mm;
  for (let vma = memory.readU64(mm); vma !== 0n; vma = memory.readU64(from)) {
    const wrong =
      vma % 8n !== 0n ? 'misaligned' : memory.isMapped(vma, vm_area_struct.size) ? undefined : 'not mapped';
    if (wrong !== undefined || seen.has(vma) || seen.size >= MAX_MAPPINGS) {
      const what = wrong ?? (seen.has(vma) ? 'again: a cycle' : `after ${MAX_MAPPINGS} others`);
      lines.push(
        `vm: at ${hex(from)} expected a pointer to the next vm_area_struct, found ${hex(vma)}, ${what}`,
      );
      break;
    }
    seen.add(vma);
    const word = (field: bigint): string => memory.readU64(vma + field).toString(16);
    const file = memory.readU64(vma + FIELDS.file);
    lines.push(
      `${hex16(vma)} ${word(FIELDS.start).padStart(10)} ${word(FIELDS.end).padStart(10)} ${word(FIELDS.flags).padStart(6)} ${file === 0n ? '' : `file ${hex16(file)}`}`.trimEnd(),
    );
    const owner = memory.readU64(vma + FIELDS.mm);
    if (owner !== mm)
      lines.push(`vm: at ${hex(vma + FIELDS.mm)} expected vm_mm ${hex(mm)}, found ${hex(owner)}`);
    from = vma + FIELDS.next;
  }
  return lines;
};

export const vm: CrashCommand = {
  name: 'vm',
  summary: "a task's mappings",
  usage: '[PID | TASK]',
  help: [
    'The task that `set` chose, without an argument. Page tables are not in the worlds.',
    '',
    '  crash> vm',
  ],
  run: (session: Session, args) => {
    const { dump } = session;
    const { rest } = readArguments('vm', args, '');
    if (rest.length > 1) return complain('vm', 'one task at a time');
    if (hasNoTask(dump)) return complain('vm', NO_TASK);
    const task = rest[0] === undefined ? taskOf(dump, session.task) : findTask('vm', dump, rest[0]);
    if (task === undefined) return complain('vm', `the task ${hex(session.task)} is not mapped`);
    const head = [taskLine(dump, task.address)];
    if (task.mm === 0n) return [...head, '(no user address space)'];
    if (!dump.memory.isMapped(task.mm, 8))
      return complain('vm', `the mm_struct ${hex(task.mm)} is not mapped`);
    return [
      ...head,
      `      MM: ${hex16(task.mm)}`,
      '      VMA           START        END     FLAGS FILE',
      ...mappingLines(dump, task.mm),
    ];
  },
};
