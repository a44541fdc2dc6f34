// Ready-made commands for one report, for those who have the kernel's debug information or a dump.
// Sources: scripts/decode_stacktrace.sh and scripts/faddr2line, v6.14; gdb(1); crash(8); drgn(1), 0.0.32.

import { hex } from '../../base/address.js';
import { shellWord } from '../../base/words.js';
import { append } from '../../base/long-lists.js';
import type { CodeLocation, KernelReport } from '../read/report.js';

export const COMMAND_TOOLS = ['decode_stacktrace.sh', 'faddr2line', 'gdb', 'crash', 'drgn'] as const;

export interface ReadyCommand {
  readonly tool: (typeof COMMAND_TOOLS)[number];
  /** To be run in a shell, except that of `crash`, which is typed at its prompt. */
  readonly command: string;
  /** What it shows, in words. */
  readonly shows: string;
}

interface Place extends CodeLocation {
  readonly symbol: string;
  readonly offset: number;
}

const isExact = (place: CodeLocation | undefined): place is Place =>
  place?.symbol !== undefined && place.offset !== undefined && place.offset >= 0;

// As the kernel prints it; faddr2line uses the size to tell functions of one name apart.
const kernelPlace = ({ symbol, offset, size }: Place): string =>
  `${symbol}+${hex(offset)}${size === undefined ? '' : `/${hex(size)}`}`;

// GDB takes a name with a dot in quotes only.
const gdbPlace = ({ symbol, offset }: Place): string =>
  `${/^\w+$/u.test(symbol) ? symbol : `'${symbol}'`}+${hex(offset)}`;

// The file with the code: of a module, as modinfo(8) finds it for that kernel.
const objectOf = ({ module }: CodeLocation, release: string | undefined): string => {
  if (module === undefined) return 'vmlinux';
  return release === undefined
    ? shellWord(`${module}.ko`)
    : `"$(modinfo -k ${shellWord(release)} -n ${shellWord(module)})"`;
};

const ofPlace = (place: Place, release: string | undefined): ReadyCommand[] => {
  const object = objectOf(place, release);
  const source = `the source line of ${place.symbol}+${hex(place.offset)}`;
  return [
    {
      tool: 'faddr2line',
      command: `scripts/faddr2line ${object} ${shellWord(kernelPlace(place))}`,
      shows: `${source}, and the functions inlined there`,
    },
    {
      tool: 'gdb',
      command: `gdb -batch -ex ${shellWord(`list *(${gdbPlace(place)})`)} ${object}`,
      shows: `the source around ${place.symbol}+${hex(place.offset)}`,
    },
    ...(place.module === undefined
      ? []
      : [
          {
            tool: 'crash' as const,
            command: `mod -s ${place.module}`,
            shows: `nothing yet: it loads the debug information of ${place.module}`,
          },
        ]),
    {
      tool: 'crash',
      command: `dis -lr ${place.symbol}+${hex(place.offset)}`,
      shows: `the instructions up to there, with their source lines`,
    },
  ];
};

const isTraced = ({ traces }: KernelReport): boolean => traces.some(({ entries }) => entries.some(isExact));

/**
 * The commands that a report supports: nothing about a place whose offset the text does not have.
 *
 * @param guilty its guilty frame
 */
export const commandsOf = (report: KernelReport, guilty?: CodeLocation): ReadyCommand[] => {
  const { release, pid } = report;
  const commands: ReadyCommand[] = [];
  if (isTraced(report) || isExact(report.trap))
    commands.push({
      tool: 'decode_stacktrace.sh',
      command:
        release === undefined
          ? 'scripts/decode_stacktrace.sh vmlinux < report.txt'
          : `scripts/decode_stacktrace.sh -r ${shellWord(release)} < report.txt`,
      shows: 'the whole report with source lines; report.txt is its text',
    });
  const places = [report.trap, guilty].filter(isExact);
  const unique = places.filter(
    (place, index) => places.findIndex((one) => kernelPlace(one) === kernelPlace(place)) === index,
  );
  for (const place of unique) append(commands, ofPlace(place, release));
  if (pid !== undefined && pid > 0) {
    commands.push(
      { tool: 'crash', command: `bt -l ${pid}`, shows: 'the stack of the task in a dump, with source lines' },
      {
        tool: 'drgn',
        command: `drgn -c vmcore -s vmlinux -e ${shellWord(`print(prog.stack_trace(${pid}))`)}`,
        shows: 'the stack of the task in a dump',
      },
    );
  } else if (report.die !== undefined || report.kind === 'panic') {
    commands.push(
      { tool: 'crash', command: 'bt -l', shows: 'the stack of the task that died, with source lines' },
      {
        tool: 'drgn',
        command: "drgn -c vmcore -s vmlinux -e 'print(prog.crashed_thread().stack_trace())'",
        shows: 'the stack of the task that died',
      },
    );
  }
  return commands;
};
