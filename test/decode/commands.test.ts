// The commands that a report supports. Names and numbers are made up.
import { describe, expect, it } from 'vitest';
import { type ReadyCommand, commandsOf } from '../../src/decode/judge/commands.js';
import { explainReport } from '../../src/decode/explain/explain.js';
import { judge } from '../../src/decode/judge/judgement.js';
import { reportsOf } from '../../src/decode/read/read-reports.js';

const commands = (text: string): ReadyCommand[] => {
  const [report] = reportsOf(text);
  return commandsOf(report!, judge(report!, explainReport(report!)).guilty);
};
const oops = (rip: string, who: string, ...trace: readonly string[]): string =>
  `BUG: kernel NULL pointer dereference, address: 0000000000000010\nOops: 0000 [#1] SMP\n${who}\nRIP: 0010:${rip}\nCall Trace:\n${trace.map((one) => ` ${one}\n`).join('')}`;
const who = 'CPU: 1 PID: 40 Comm: frobd Not tainted 6.8.0-demo #7';
const of = (tool: string, text: string): string[] =>
  commands(text).flatMap((one) => (one.tool === tool ? [one.command] : []));

describe('commands', () => {
  it('of a function of the kernel use vmlinux', () => {
    const text = oops('frob_open+0x1c/0x40', who, 'frob_ioctl+0x10/0x20');
    expect(commands(text).map(({ tool, command }) => `${tool}: ${command}`)).toEqual([
      'decode_stacktrace.sh: scripts/decode_stacktrace.sh -r 6.8.0-demo < report.txt',
      'faddr2line: scripts/faddr2line vmlinux frob_open+0x1c/0x40',
      "gdb: gdb -batch -ex 'list *(frob_open+0x1c)' vmlinux",
      'crash: dis -lr frob_open+0x1c',
      'crash: bt -l 40',
      "drgn: drgn -c vmcore -s vmlinux -e 'print(prog.stack_trace(40))'",
    ]);
  });

  it('of a function of a module use its file', () => {
    const text = oops('frob_open+0x1c/0x40 [frob]', who);
    expect(of('faddr2line', text)).toEqual([
      'scripts/faddr2line "$(modinfo -k 6.8.0-demo -n frob)" frob_open+0x1c/0x40',
    ]);
    expect(of('crash', text).slice(0, 2)).toEqual(['mod -s frob', 'dis -lr frob_open+0x1c']);
    const without = oops('frob_open+0x1c/0x40 [frob]', 'PID: 40 Comm: frobd');
    expect(of('faddr2line', without)).toEqual(['scripts/faddr2line frob.ko frob_open+0x1c/0x40']);
  });

  it('name the trap and the guilty frame, each once', () => {
    const text = oops('memcpy+0x6/0x10', who, 'frob_pull+0x33/0x90');
    expect(of('crash', text).slice(0, 2)).toEqual(['dis -lr memcpy+0x6', 'dis -lr frob_pull+0x33']);
  });

  it('quote what GDB or a shell would take apart', () => {
    const text = oops('frob_open.isra.0+0x1c/0x40', who);
    expect(of('gdb', text)).toEqual([`gdb -batch -ex 'list *('\\''frob_open.isra.0'\\''+0x1c)' vmlinux`]);
    expect(of('faddr2line', oops('$frob+0x1c/0x40', who))).toEqual([
      "scripts/faddr2line vmlinux '$frob+0x1c/0x40'",
    ]);
  });

  it('of a place without an offset are none', () => {
    const text = 'BUG: KCSAN: data-race in frob_a / frob_b\n';
    expect(commands(text)).toEqual([]);
  });
});
