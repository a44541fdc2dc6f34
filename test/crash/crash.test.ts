// The crash> prompt: word for word as crash printed it, the talk's search followed step by step, and every command.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bannerLines } from '../../src/crash/banner.js';
import { complete } from '../../src/crash/complete.js';
import { Case } from '../../src/reading/case.js';
import { Dump } from '../../src/reading/dump.js';
import { openSession, runLine } from '../../src/crash/run.js';
import { InputError } from '../../src/base/errors.js';
import * as index from '../../src/index.js';
import { ipcIdToSlot } from '../../src/kernel/structs/ipc.js';
import { task_struct } from '../../src/kernel/structs/task.js';
import { Recording } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { memoryAtEnd } from '../helpers/damaged-machine.js';

// Files under golden/ are evidence from the crashed machine: read, never written.
const golden = (name: string): string[] =>
  readFileSync(new URL(`../golden/${name}.txt`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');

const recording = replay(loadScenario('shm-close-bug'));
const open = () => openSession(recording);
const run = (...lines: readonly string[]): string[] => {
  const session = open();
  return lines.flatMap((line) => runLine(session, line));
};

/** Commands of a golden file with what each printed. */
const prompts = (name: string): { command: string; printed: string[] }[] => {
  const found: { command: string; printed: string[] }[] = [];
  for (const line of golden(name)) {
    if (line.startsWith('crash> ')) found.push({ command: line.slice('crash> '.length), printed: [] });
    else found.at(-1)!.printed.push(line);
  }
  return found;
};

const isElision = (line: string): boolean => ['...', '…'].includes(line.trim());

/** Whether lines are as printed, where an elision stands for any number of lines. */
const matches = (printed: readonly string[], lines: readonly string[]): boolean => {
  const [first, ...rest] = printed;
  if (first === undefined) return lines.length === 0;
  if (!isElision(first)) return first === lines[0] && matches(rest, lines.slice(1));
  return Array.from({ length: lines.length + 1 }, (_, index) => index).some((from) =>
    matches(rest, lines.slice(from)),
  );
};

// The speaker also cut without a mark: gdb puts no comma after a last member, so lines are missing where a line
// with a comma stands before the closing brace.
const markCuts = (printed: readonly string[]): string[] =>
  printed.flatMap((line, index) =>
    line.endsWith(',') && printed[index + 1]?.trim() === '}' ? [line, '…'] : [line],
  );

describe('golden listings', () => {
  it.each([
    'dis-lr-shm_close',
    'eval-b',
    'struct-file.private_data',
    'struct-shm_file_data',
    'struct-vm_area_struct.vm_file',
  ])('%s: exactly, line for line', (name) => {
    expect(prompts(name).length).toBeGreaterThan(0);
    for (const { command, printed } of prompts(name)) expect(run(command)).toEqual(printed);
  });

  it.each(['ipcs-m', 'struct-shmid_kernel'])('%s: exactly, but for what the speaker cut', (name) => {
    const [{ command, printed } = { command: '', printed: [] }] = prompts(name);
    const lines = run(command);
    expect(matches(markCuts(printed), lines), lines.join('\n')).toBe(true);
    // One word more or less is not a match.
    expect(matches(markCuts(printed), lines.slice(1))).toBe(false);
    expect(
      matches(
        markCuts(printed),
        lines.map((line) => line.replace('13008943', '13008944')),
      ),
    ).toBe(false);
  });

  it('bt-FF: #4 to #6 stand in the backtrace as they are', () => {
    const expected = golden('bt-FF');
    const lines = run('bt -FF');
    const from = lines.indexOf(expected[0]!);
    expect(lines.slice(from, from + expected.length)).toEqual(expected);
  });

  it('dis-remove_vma: the same but for addresses and runs of blanks, which the slide has not', () => {
    const plain = run('dis remove_vma').map((line) =>
      line.replaceAll(/0x[0-9a-f]{16} (?=<)/gu, '').replaceAll(/\s+/gu, ' '),
    );
    expect(plain.slice(0, 13)).toEqual(golden('dis-remove_vma'));
  });

  it('oops: log prints it', () => {
    expect(run('log').map((line) => line.trimEnd())).toEqual(golden('oops').map((line) => line.trimEnd()));
  });
});

describe('the search of slides 26 to 46', () => {
  it('26 to 32: shm_close() has lost the vma: no register of the trap leads to it', () => {
    const registers = run('bt').filter((line) => /^ {4}R|^ {4}ORIG/u.test(line)).slice(0, 7); // prettier-ignore
    expect(registers.join('\n')).not.toMatch(/ffff88016d2319e0|ffff8800148fcb80|ffff8803f382cc60/u);
  });

  it('33 to 35: remove_vma() has saved it on the stack, and bt -FF marks it by its cache', () => {
    const at = /^ {4}([0-9a-f]+): \[([0-9a-f]+):vm_area_struct\] \[\S+:vm_area_struct\]$/u;
    const [, slot, vma] = run('bt -FF')
      .map((line) => at.exec(line))
      .find((match) => match !== null)!;
    expect({ slot, vma }).toEqual({ slot: 'ffff880211337d88', vma: 'ffff88016d2319e0' });
    // push %rbx of shm_close+3 put it there; remove_vma+2 had copied it from %rdi.
    expect(run('dis shm_close 3').at(-1)).toMatch(/<shm_close\+3>:\tpush {3}%rbx$/u);
    expect(run('dis remove_vma+2').at(0)).toMatch(/<remove_vma\+2>:\tmov {4}%rdi,%rbx$/u);
  });

  it('36: from the vma to the file, and to the shm_file_data with the id', () => {
    const file = /0x\S+/u.exec(run('struct vm_area_struct.vm_file ffff88016d2319e0')[0]!)![0];
    const sfd = /0x\S+/u.exec(run(`struct file.private_data ${file}`)[0]!)![0];
    expect({ file, sfd }).toEqual({ file: '0xffff8800148fcb80', sfd: '0xffff8803f382cc60' });
    expect(run(`shm_file_data.id ${sfd}`)).toEqual(['  id = 13008988']);
  });

  it('37: ipcs has no 13008988, and a 13008943 with 12 attaches', () => {
    const rows = run('ipcs -m').map((line) => line.split(/\s+/u));
    const ids = rows.map(([, , id]) => id);
    expect(ids).not.toContain('13008988');
    expect(rows[ids.indexOf('13008943')]).toEqual([
      'ffff8803790f5790', '000027c5', '13008943', '28900', '740', '20672', '12',
    ]); // prettier-ignore
    for (const id of ids.slice(1)) expect(ipcIdToSlot(Number(id))).not.toBe(ipcIdToSlot(13008988));
  });

  it('38 to 41: search finds the segment, an empty list head twice, and twelve objects of size-32', () => {
    const hits = run('search 0xffff88037a645680 # the shm_file pointer').map((line) =>
      /^([0-9a-f]+): ffff88037a645680 {2}(\S+) ([0-9a-f]+)\S*, (\w+): (\S+)$/u.exec(line)!,
    );
    expect(hits).toHaveLength(1 + 2 + 12);
    const of = (field: string) => hits.filter((hit) => hit[5] === field);
    expect(of('shmid_kernel.shm_file').map(([, , cache, , name]) => [cache, name])).toEqual([
      ['size-256', 'segment'],
    ]);
    expect(of('file.f_u.fu_list.next').map(([, at]) => at)).toEqual(['ffff88037a645680']);
    expect(of('file.f_u.fu_list.prev').map(([, at]) => at)).toEqual(['ffff88037a645688']);
    const attached = of('shm_file_data.file');
    expect(attached.map(([, , cache]) => cache)).toEqual(Array.from({ length: 12 }, () => 'size-32'));
    const ids = attached.map(([, , , object]) => run(`struct shm_file_data.id ${object}`)[0]!);
    expect(ids.filter((line) => line === '  id = 13008943')).toHaveLength(11);
    const wrong = attached[ids.indexOf('  id = 13008988')]!;
    expect([wrong[3], wrong[4]]).toEqual(['ffff8803f382cc60', 'sfd']);
    for (const [, , , object] of attached) expect(run(`kmem ${object}`)).toContain(`  [${object}]`); // allocated
  });

  it('44: the lists of the heap are whole: this corruption hit an object', () => {
    expect(run('kmem -s').filter((line) => line.startsWith('kmem:'))).toEqual([]);
  });

  it('45 and 46: the ids differ in their lowest byte, / and \\', () => {
    expect(run('rd -8 ffff8803f382cc60')).toEqual([expect.stringMatching(/: {2}5c +\\$/u)]);
    expect(run('rd -8 ffff8803a9d16200')).toEqual([expect.stringMatching(/: {2}2f +\/$/u)]);
    expect(run('eval 0xc6802f ^ 0xc6805c')[0]).toBe('hexadecimal: 73');
    expect(run('eval 0x2f ^ 0x5c')[0]).toBe('hexadecimal: 73');
    // The object below holds the path that did it.
    expect(run('rd -a ffff8803f382cc40')[0]).toMatch(/: {2}\\\\fs01\\data\\team\\kernel\\crashes$/u);
  });
});

describe('what is wrong with a line', () => {
  it.each([
    // unknown, misspelt, unsupported
    ['brt', /^there is no such command; did you mean bt\?/u],
    ['kmme -s', /did you mean kmem\?/u],
    ['quux', /^there is no such command; help lists them/u],
    ['BT', /^there is no such command; did you mean bt\?/u],
    ['whatis shm_close', /crash has this command, but it is not here; the nearest is struct/u],
    ['union u', /the nearest is struct/u],
    ['p jiffies', /the nearest is struct or eval/u],
    ['px jiffies', /the nearest is struct or eval/u],
    ['q x', /^it takes no argument$/u],
    ['exit', /^it takes no argument, and ends a prompt$/u],
    ['search -c "half', /^a quote is opened and not closed$/u],
    ["rd 'half", /^a quote is opened and not closed$/u],
    ['tree -t rb ffff88016d2319e0', /the nearest is list/u],
    ['foreach bt', /the nearest is ps/u],
    ['vtop ffff88016d2319e0', /the nearest is kmem/u],
    ['sys', /the nearest is log/u],
    ['mod', /the nearest is help/u],
    ['help nonsense', /^there is no such command/u],
    ['help bt dis', /one command at a time/u],
    ['bt | head', /^"\|" is for the shell: oopslab crash -c '…' \| …/u],
    ['bt|head', /^"\|" is for the shell/u],
    ['log >> file', /^">>" is for the shell/u],
    ['!ls', /^"!" is for the shell: end the prompt with q, or use another terminal$/u],
    ['""', /^there is no such command/u],
    ['log > file', /^">" is for the shell: oopslab crash -c '…' > file/u],
    // bt
    ['bt -x', /^there is no option -x; it has -f -F -l/u],
    ['bt 4711', /no task has PID or address "4711"; there are 26100, 26341/u],
    ['bt 26100', /only the task that trapped has a stack to walk; set -p returns to it/u],
    ['bt 26341 26100', /one task at a time/u],
    // dis
    ['dis', /an address or symbol, and at most a count, are needed/u],
    ['dis shm_clsoe', /an address or symbol is needed, found "shm_clsoe"; did you mean shm_close\?/u],
    ['dis shm_close 0', /a count from 1 to 10000 is needed, found "0"/u],
    ['dis shm_close many', /a count from 1 to 10000 is needed, found "many"/u],
    ['dis shm_close 1 2', /at most a count/u],
    ['dis -rf shm_close', /choose -r or -f/u],
    ['dis -r ffff88016d2319e0', /no function covers 0xffff88016d2319e0/u],
    ['dis fput', /the sandbox has no bytes at 0xffffffff81160b30 \(fput\+0x0\)/u],
    ['dis 10', /the sandbox has no bytes at 0x10$/u],
    // struct
    ['struct', /^name a struct: array_cache, /u],
    ['struct shm_file_dat', /there is no struct "shm_file_dat" here; did you mean shm_file_data\?/u],
    ['struct nothing_alike_at_all', /known are array_cache, /u],
    ['struct shm_file_data.ids', /struct shm_file_data has no member "ids"; did you mean id\?/u],
    ['struct shm_file_data.', /has no member ""/u],
    ['struct shm_file_data.id,', /has no member ""/u],
    ['struct shm_file_data.id]', /has no member "id\]"/u],
    ['struct idr_layer.ary[64]', /has no member "ary\[64\]"/u],
    ['struct shm_file_data 10', /0x10 is not mapped: no struct shm_file_data can be read there/u],
    ['struct shm_file_data ffffffffffffffff', /is not mapped/u],
    ['struct shm_file_data zzz', /an address or symbol is needed, found "zzz"/u],
    ['struct shm_file_data ffff8803f382cc60 0', /a count from 1 to 1000/u],
    ['struct shm_file_data ffff8803f382cc60 1 1', /a type, an address and a count/u],
    ['shm_file_data.nothing ffff8803f382cc60', /has no member "nothing"/u],
    // rd
    ['rd', /an address or symbol, and at most a count, are needed/u],
    ['rd ffff8803f382cc60 0', /a count from 1 to 131072 is needed/u],
    ['rd ffff8803f382cc60 131073', /a count from 1 to 131072 is needed/u],
    ['rd -7 ffff8803f382cc60', /an address or symbol/u],
    ['rd -8 -s ffff8803f382cc60', /-s and -S show words of 64 bits/u],
    ['rd -S -32 ffff8803f382cc60', /-s and -S show words of 64 bits/u],
    ['rd 10', /^10 is not mapped/u],
    ['rd -a 10', /^10 is not mapped/u],
    ['rd -SS 10', /^10 is not mapped/u],
    ['rd -o', /-o needs a value/u],
    ['rd -o lots ffff8803f382cc60', /-o needs a number, found "lots"/u],
    ['rd -e ffff8803f382cc60 ffff8803f382cc60', /-e must lie after the address/u],
    ['rd -e ffff8803f382cc70 ffff8803f382cc60 2', /choose -e or a count/u],
    // search
    ['search', /name a value to look for/u],
    ['search nothing', /a hexadecimal value or a symbol is needed, found "nothing"/u],
    ['search 0', /over 10000 hits: narrow the range with -s and -e/u],
    ['search -w 100000000', /100000000 does not fit in 4 bytes/u],
    ['search -h 10000', /10000 does not fit in 2 bytes/u],
    ['search -m xyz 1', /-m needs a hexadecimal mask, found "xyz"/u],
    ['search -l 0 1', /-l 0 is an empty range/u],
    ['search -c ""', /-c needs text, found ""/u],
    ['search -w -h 1', /choose -w or -h/u],
    ['search -c -m 1 text', /choose -c or -m/u],
    ['struct -x -d file', /choose -x or -d/u],
    ['list -xd 0 ffff88016d2319e0', /choose -x or -d/u],
    ['list -hH cache_chain', /choose -h or -H/u],
    ['rd -8 -32 ffff8803f382cc60', /choose -8 or -32/u],
    ['rd -a -s ffff8803f382cc60', /choose -a or -s/u],
    ['rd -d -S ffff8803f382cc60', /choose -d or -S/u],
    ['rd -SSS ffff8803f382cc60', /choose -S or -SS/u],
    ['rd -o -16 8', /8 has nothing 16 bytes before it/u],
    ['rd fffffffffffffffc', /is not mapped/u],
    ['bt -FFF', /choose -F or -FF/u],
    ['sym -l -q shm', /choose -l or -q/u],
    ['search -l xyz 1', /-l needs a hexadecimal number of bytes/u],
    ['search -s 20 -e 10 1', /the end must lie after the start/u],
    ['search -s 10 -e 20 -l 8 1', /choose -e or -l/u],
    ['search -x 65 1', /a count from 1 to 64/u],
    ['search 12345678901234567', /a hexadecimal value or a symbol/u],
    // ipcs, kmem
    ['ipcs -q', /there is no option -q; it has -m/u],
    ['ipcs 98305', /no segment has id or address "98305"; there are 98304, 12976174, /u],
    ['ipcs -m shm_close', /no segment has id or address "shm_close"/u],
    ['kmem', /give -s, -S or an address/u],
    ['kmem -i', /there is no option -i; it has -s -S/u],
    ['kmem -s size-33', /there is no cache "size-33"; did you mean size-32\?/u],
    ['kmem -s zzzzzzzzzz', /there is no cache "zzzzzzzzzz"; there are size-32, /u],
    ['kmem -s size-32 size-64', /one cache or address at a time/u],
    ['kmem -s ffffffff811e4630', /is in no slab object that the heap's lists lead to/u],
    // list
    ['list', /name the address that the list starts at/u],
    ['list zzz', /an address or symbol is needed, found "zzz"/u],
    ['list 10', /0x10 is not mapped/u],
    ['list ffff88016d2319e1', /0xffff88016d2319e1 is misaligned/u],
    ['list -h 10', /0x10 is not mapped/u],
    ['list -r vm_area_struct.vm_next ffff88016d2319e0', /-r needs -h or -H/u],
    ['list vm_area_struct.vm_nxt ffff88016d2319e0', /has no member "vm_nxt"; did you mean vm_next\?/u],
    ['list vm_area_struct.vm_next,vm_prev ffff88016d2319e0', /one member is the link/u],
    ['list -o many ffff88016d2319e0', /an offset or TYPE\.member is needed, found "many"/u],
    ['list -s', /-s needs a value/u],
    ['list -s nothing ffff88016d2319e0', /there is no struct "nothing"/u],
    ['list 0 ffff88016d2319e0 1', /one start is enough/u],
    ['list -e', /-e needs a value/u],
    // sym, vm, ps, set, eval, log
    ['sym', /name a symbol or an address, or give -l or -q/u],
    ['sym shm_clsoe', /no symbol for "shm_clsoe"; did you mean shm_close\?/u],
    ['sym 10', /no symbol for "10"$/u],
    ['sym -q nothing_holds_this', /no symbol holds "nothing_holds_this"/u],
    ['sym -q', /-q needs a value/u],
    ['sym -z', /there is no option -z; it has -l -q -p -n/u],
    ['vm 1', /no task has PID or address "1"/u],
    ['vm 26341 26100', /one task at a time/u],
    ['vm -p', /there is no option -p$/u],
    ['ps 1', /no task has PID or address "1"; there are 26100, 26341/u],
    ['set 1', /no task has PID or address "1"/u],
    ['set radix 8', /radix is 10 or 16, found "8"/u],
    ['set radix', /radix is 10 or 16, found ""/u],
    ['set 26341 26100', /one thing at a time/u],
    ['set radix 10 16', /one thing at a time/u],
    ['eval', /give a number, a symbol or an expression/u],
    ['eval -b', /give a number, a symbol or an expression/u],
    ['eval -x 1', /there is no option -x/u],
    ['eval 1 +', /something is missing at the end/u],
    ['eval ( 1', /a closing parenthesis is missing/u],
    ['eval 1 )', /"\)" is not expected there/u],
    ['eval 1 2', /"2" is not expected there/u],
    ['eval 1 / 0', /division by zero/u],
    ['eval 1 % 0', /division by zero/u],
    ['eval nothing', /"nothing" is neither a number of 64 bits nor a symbol/u],
    ['eval 0x10000000000000000', /is neither a number of 64 bits nor a symbol/u],
    [`eval ${'~'.repeat(100)}1`, /over 64 terms/u],
    ['log -t', /there is no option -t/u],
    ['log 1', /it takes no argument/u],
  ])('%s', (line, message) => {
    let found: unknown;
    try {
      run(line);
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(InputError);
    const { message: text, where } = found as InputError;
    expect(text).toMatch(message);
    expect(text).not.toContain('\n');
    // It is the command that complains, as crash's own messages begin.
    expect(where?.field).toMatch(/^\S+$/u);
  });

  it('is what every command answers to an unknown option', () => {
    for (const name of ['bt', 'dis', 'ipcs', 'kmem', 'list', 'log', 'ps', 'rd', 'search', 'struct', 'sym', 'vm', 'eval'])
      expect(() => run(`${name} -Z`), name).toThrow(/there is no option -Z/u);
  }); // prettier-ignore

  it('is nothing for an empty line and a comment', () => {
    expect(run('', '   ', '# bt', '\t#')).toEqual([]);
  });
});

describe('help', () => {
  const names = run('help').flatMap((line) => /^([a-z]+) {2,}/u.exec(line)?.[1] ?? []);

  it('lists every command that there is', () => {
    expect(names).toEqual([
      'bt', 'dis', 'eval', 'help', 'ipcs', 'kmem', 'list', 'log', 'ps', 'rd', 'search', 'set', 'struct', 'sym', 'vm', 'quit',
    ]); // prettier-ignore
  });

  it('has the short names ? and h', () => {
    expect(run('?')).toEqual(run('help'));
    expect(run('h bt')).toEqual(run('help bt'));
  });

  it.each(names.filter((name) => name !== 'quit'))('%s: has usage and examples, which run', (name) => {
    const lines = run(`help ${name}`);
    expect(lines[0]).toMatch(new RegExp(`^${name}\\b`, 'u'));
    const examples = lines.flatMap((line) => /^ {2}crash> (.*)$/u.exec(line)?.[1] ?? []);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const printed = run(example);
      expect(printed.length, example).toBeGreaterThan(0);
      expect(
        printed.filter((line) => / expected .*, found |the trace ends/u.test(line)),
        example,
      ).toEqual([]); // no finding
    }
  });

  it('explains every option of a usage line, and none that is not there', () => {
    for (const name of names.filter((one) => !['quit', 'help', 'set'].includes(one))) {
      const [usage, , , ...rest] = run(`help ${name}`);
      const letters = (text: string): Set<string> =>
        new Set([...text.matchAll(/(?<![\w-])-([A-Za-z])/gu)].map(([, letter]) => letter!));
      expect(letters(rest.filter((line) => !line.includes('crash> ')).join('\n')), name).toEqual(
        letters(usage!),
      );
    }
  });
});

describe('bt', () => {
  it('has one frame for each line of the call trace of the oops', () => {
    const trace = golden('oops').flatMap((line) => /^ \[<([0-9a-f]+)>\] (\w+)\+/u.exec(line)?.slice(1) ?? []);
    const frames = run('bt').flatMap((line) => /^ ?#\d+ \[\S+\] (\w+) at (\S+)$/u.exec(line)?.slice(1) ?? []);
    expect(frames.slice(2)).toEqual(
      Array.from({ length: trace.length / 2 }, (_, index) => [trace[index * 2 + 1], trace[index * 2]]).flat(),
    );
  });

  it('-f shows words as numbers, -F names symbols and caches, -FF also addresses: of the same words', () => {
    const rows = (option: string) => run(`bt ${option}`).filter((line) => /^ {4}[0-9a-f]{16}: /u.test(line));
    const at = (option: string) => rows(option).find((line) => line.includes('ffff880211337d88: '));
    expect(at('-f')).toBe('    ffff880211337d88: ffff88016d2319e0 ffff880158fea140');
    expect(at('-F')).toBe('    ffff880211337d88: [vm_area_struct] [vm_area_struct]');
    expect(at('-FF')).toBe(
      '    ffff880211337d88: [ffff88016d2319e0:vm_area_struct] [ffff880158fea140:vm_area_struct]',
    );
    const addresses = (option: string) => rows(option).map((line) => line.slice(4, 20));
    expect(addresses('-F')).toEqual(addresses('-f'));
    expect(addresses('-FF')).toEqual(addresses('-f'));
    expect(run('bt -F -F')).toEqual(run('bt -FF'));
  });

  it('shows each word of the stack from the trap to its top once', () => {
    const starts = run('bt -f').flatMap((line) => {
      const [, at, , second] = /^ {4}([0-9a-f]{16}): (\S+)(?: (\S+))?$/u.exec(line) ?? [];
      return at === undefined ? [] : [[BigInt(`0x${at}`), second === undefined ? 8n : 16n] as const];
    });
    let next = 0xffff880211337cd8n;
    for (const [at, size] of starts) {
      expect(at).toBe(next);
      next = at + size;
    }
    expect(next).toBe(0xffff880211338000n);
  });

  it('-l names the source line of the trap', () => {
    const lines = run('bt -l');
    expect(lines[lines.indexOf('    [exception RIP: shm_close+62]') + 1]).toMatch(/ipc\/shm\.c: 205$/u);
  });

  it('ends at the way back to user space, with its registers', () => {
    expect(run('bt').at(-7)).toMatch(/^ {4}RIP: 00007f29408be998 {2}RSP: 00007ffce0bef1c8/u);
    expect(run('bt').at(-1)).toMatch(/CS: 0033 {2}SS: 002b$/u);
  });

  it('takes the task that trapped by PID and by address, and says where a run had no trap', () => {
    expect(run('bt 26341')).toEqual(run('bt'));
    expect(run('bt ffff8801b49c8040')).toEqual(run('bt'));
    const control = openSession(replay(loadScenario('shm-close-control')));
    expect(() => runLine(control, 'bt')).toThrow(/the run ended without a trap.*: returned 0x[0-9a-f]+$/u);
    expect(() => runLine(control, 'log')).toThrow('the run ended without a report: returned 0x');
  });

  it('counts the frames of another trap, and starts at its handler', () => {
    const folder = mkdtempSync(join(tmpdir(), 'oopslab-fault-'));
    const path = join(folder, 'page-fault.yaml');
    writeFileSync(
      path,
      'format: oopslab scenario 1\nname: page-fault\nextends: shm-close-bug\n' +
        'world: { objects: { vma: { set: { vm_ops: 0xffff8800deadb000 } } } }\n',
    );
    const faulted = openSession(replay(loadScenario(path)));
    rmSync(folder, { recursive: true });
    const frames = runLine(faulted, 'bt').filter((line) => /^ ?#| RIP: remove/u.test(line));
    expect(frames[0]).toMatch(/^ #7 \[ffff880211337cf0\] page_fault at [0-9a-f]{16}$/u);
    expect(frames[1]).toBe('    [exception RIP: remove_vma+25]');
    expect(frames[2]).toMatch(/^ #8 .* exit_mmap at /u);
  });

  it('stops at a damaged word, and says which', () => {
    const memory = memoryAtEnd(recording);
    memory.writeU64(0xffff880211337db8n + 8n, 0xffffffff81999999n);
    const damaged = { ...open(), dump: new Dump(new Case(recording), memory) };
    expect(runLine(damaged, 'bt').at(-1)).toBe(
      'bt: the trace ends here: no function covers ffffffff81999999, found at ffff880211337dc0',
    );
  });
});

describe('dis', () => {
  const texts = (line: string) => run(line).map((one) => one.split('\t')[1]);

  it('takes a symbol, an offset in both bases, an address and a count', () => {
    expect(texts('dis shm_close+62')).toEqual(['ud2']);
    expect(run('dis shm_close+0x3e')).toEqual(run('dis shm_close+62'));
    expect(run('dis ffffffff811e466e')).toEqual(run('dis shm_close+62'));
    expect(run('dis 0xffffffff811e466e 1')).toEqual(run('dis shm_close+62'));
    expect(run('dis shm_close 4')).toEqual(run('dis shm_close').slice(0, 4));
  });

  it('-r and -f together are the whole function; -l only adds lines of source', () => {
    const whole = run('dis shm_close');
    expect([...run('dis -r shm_close+0x3e'), ...run('dis -f shm_close+0x40')]).toEqual(whole);
    expect(run('dis -r shm_close+0x3f')).toEqual(run('dis -r shm_close+0x3e')); // inside ud2
    expect(run('dis -l shm_close').filter((line) => line.startsWith('0x'))).toEqual(whole);
  });

  it('stops where no code is known, and says so; rd shows the filler', () => {
    const region = open().dump.regions.find(
      ({ start, size }) => 0xffffffff811e4630n - start < BigInt(size) && start <= 0xffffffff811e4630n,
    )!;
    const at = region.start.toString(16);
    expect(region.protection).toBe('read-execute');
    expect(() => run(`dis ${at}`)).toThrow(`no code is known at 0x${at}`);
    expect(run(`rd ${at}`)[0]).toContain('0606060606060606');
    const lines = run('dis shm_close 200');
    expect(lines.at(-1)).toMatch(/^0x[0-9a-f]{16}.*:\t\(no code known here\)$/u);
    expect(lines.filter((line) => line.includes('(bad)'))).toEqual([]);
  });

  it('shows what lies in memory: other bytes are other instructions', () => {
    const memory = memoryAtEnd(recording);
    memory.write(0xffffffff811e466en, Uint8Array.of(0x90, 0xc3));
    const damaged = { ...open(), dump: new Dump(new Case(recording), memory) };
    expect(runLine(damaged, 'dis shm_close+0x3e 2').map((line) => line.split('\t')[1])).toEqual(['nop', 'retq']);
  }); // prettier-ignore
});

describe('struct', () => {
  it('without an address is the layout with offsets, and says where they are invented', () => {
    expect(run('struct shm_file_data')).toEqual([
      'struct shm_file_data {',
      '   [0] int id;',
      '   [8] struct ipc_namespace *ns;',
      '  [16] struct file *file;',
      '  [24] const struct vm_operations_struct *vm_ops;',
      '}',
      'SIZE: 32',
    ]);
    expect(run('struct -o shm_file_data')).toEqual(run('struct shm_file_data'));
    expect(run('struct task_struct').at(-1)).toBe('(offsets and size are invented: no source gives them)');
    expect(run('struct idr_layer.ary[3],count')).toEqual([
      'struct idr_layer {', '   [32] struct idr_layer *ary[3];', '  [520] int count;', '}', 'SIZE: 544',
    ]); // prettier-ignore
  });

  it('-o with an address is the address of each member', () => {
    expect(run('struct -o shm_file_data.ns ffff8803f382cc60')).toContain(
      '  [ffff8803f382cc68] struct ipc_namespace *ns;',
    );
  });

  it('may be left out, or be a *', () => {
    const lines = run('struct shm_file_data ffff8803f382cc60');
    expect(run('shm_file_data ffff8803f382cc60')).toEqual(lines);
    expect(run('* shm_file_data ffff8803f382cc60')).toEqual(lines);
    expect(run('*shm_file_data ffff8803f382cc60')).toEqual(lines);
    expect(run('vm_area_struct.vm_file,vm_ops ffff88016d2319e0')).toEqual([
      '  vm_file = 0xffff8800148fcb80',
      '  vm_ops = 0xffffffff81631ea0 <shm_vm_ops>',
    ]);
  });

  it('takes symbols, counts, nested members and elements', () => {
    expect(run('struct ipc_namespace.ids[2].in_use,ids[2].ipcs_idr.layers init_ipc_ns')).toEqual([
      '  ids[2].in_use = 7',
      '  ids[2].ipcs_idr.layers = 1',
    ]);
    expect(run('struct shm_file_data.id ffff8803f382cc40 2')).toEqual([
      '  id = 1936088156', // \\fs of the path
      '  id = 13008988',
    ]);
  });

  it('-x and set radix 16 print integers in hexadecimal, pointers as ever', () => {
    const id = '  id = 0xc6805c';
    expect(run('struct -x shm_file_data.id ffff8803f382cc60')).toEqual([id]);
    expect(run('set radix 16', 'shm_file_data.id ffff8803f382cc60').at(-1)).toBe(id);
    expect(run('set hex', 'struct -d shm_file_data.id ffff8803f382cc60').at(-1)).toBe('  id = 13008988');
    expect(run('set hex', 'set dec', 'shm_file_data.id ffff8803f382cc60').at(-1)).toBe('  id = 13008988');
  });

  it('-x, and radix 16, print offsets in hexadecimal as well', () => {
    const lines = [
      'struct shm_file_data {', '   [0x0] int id;', '  [0x18] const struct vm_operations_struct *vm_ops;', '}', 'SIZE: 0x20',
    ]; // prettier-ignore
    expect(run('struct -x shm_file_data.id,vm_ops')).toEqual(lines);
    expect(run('struct -ox shm_file_data.id,vm_ops')).toEqual(lines);
    expect(run('set radix 16', 'shm_file_data.id,vm_ops').slice(1)).toEqual(lines);
    expect(run('set radix 16', 'struct -d shm_file_data').slice(1)).toEqual(run('struct shm_file_data'));
  });

  it('joins equal elements and long runs of NULs as gdb does', () => {
    expect(run('struct idr_layer.ary ffff8804256a84d0')[0]).toMatch(
      /^ {2}ary = \{0xffff880424c74b90, 0x0 <repeats 45 times>, .*0x0 <repeats 12 times>\}$/u,
    );
    expect(run('struct task_struct.comm ffff8801b49c8040')).toEqual([
      String.raw`  comm = '\000' <repeats 15 times>`,
    ]);
  });
});

describe('rd', () => {
  const bytes = memoryAtEnd(recording);

  it.each([8, 16, 32, 64])('-%i: the units of memory, two words of 64 bits to a line', (bits) => {
    const size = bits / 8;
    fc.assert(
      fc.property(
        fc.constantFrom(0xffff8803f382cc40n, 0xffff880211337d88n, 0xffffffff81a46921n),
        fc.integer({ min: 1, max: 70 }),
        (from, count) => {
          const lines = run(`rd -${bits} ${from.toString(16)} ${count}`);
          expect(lines).toHaveLength(Math.ceil((count * size) / 16));
          const units = lines.flatMap((line) => {
            const [, text] = /^[0-9a-f]{16}: {2}((?:[0-9a-f]+ )+) */u.exec(line)!;
            return text!.trim().split(' ');
          });
          expect(units).toEqual(
            Array.from({ length: count }, (_, index) =>
              Buffer.from(bytes.read(from + BigInt(index * size), size))
                .reverse()
                .toString('hex'),
            ),
          );
          lines.forEach((line, index) => expect(line.slice(0, 16)).toBe((from + BigInt(index * 16)).toString(16)));
        },
      ),
      { numRuns: 50 },
    );
  }); // prettier-ignore

  it('-d prints signed numbers, -a text, -s symbols, -S caches, -SS addresses and caches', () => {
    expect(run('rd -d ffff880211337cf8 2')[0]).toMatch(/: {2} +-2119931616 +-22 {3}/u);
    expect(run('rd -32 -d ffff8803f382cc60')[0]).toMatch(/: {2} +13008988 +\\\.\.\.$/u);
    expect(run('rd -a ffff8803f382cc40 4')).toEqual([String.raw`ffff8803f382cc40:  \\fs`]);
    expect(run('rd -s ffff880211337d98 2')).toEqual(['ffff880211337d98:  00007ffce0bf0000 remove_vma+36']);
    expect(run('rd -S ffff880211337d88 2')).toEqual(['ffff880211337d88:  [vm_area_struct] [vm_area_struct]']);
    expect(run('rd -SS ffff880211337cd8 2')).toEqual([
      'ffff880211337cd8:  0000000000000001 [ffff880423c33740:signal_cache]',
    ]);
    expect(run('rd init_ipc_ns')[0]).toMatch(/^ffffffff81a46920: {2}0000000000000001 /u);
  });

  it('-o adds to the address, -e stops before one', () => {
    expect(run('rd -o 0x10 ffff8803f382cc60')).toEqual(run('rd ffff8803f382cc70'));
    expect(run('rd -o -16 ffff8803f382cc70')).toEqual(run('rd ffff8803f382cc60'));
    expect(run('rd -e ffff8803f382cc80 ffff8803f382cc60')).toEqual(run('rd ffff8803f382cc60 4'));
    expect(run('rd -8 -e ffff8803f382cc65 ffff8803f382cc60')).toEqual(run('rd -8 ffff8803f382cc60 5'));
  });

  it('stops where memory ends, and says so', () => {
    const top = 0xffff880211338000n;
    expect(run(`rd ${(top - 8n).toString(16)} 5`)).toEqual([
      'ffff880211337ff8:  000000000000002b not mapped         +.......',
    ]);
    expect(run(`rd ${(top - 16n).toString(16)} 5`).at(-1)).toBe('ffff880211338000:  not mapped');
    expect(run(`rd -SS ${(top - 16n).toString(16)} 5`).at(-1)).toBe('ffff880211338000:  not mapped');
    expect(run(`rd -8 ${(top - 1n).toString(16)} 2`)[0]).toMatch(/: {2}00 not mapped/u);
    expect(() => run(`rd ${(top - 4n).toString(16)}`)).toThrow('is not mapped'); // half of the word is
  });
});

describe('search', () => {
  const places = (line: string) => run(line).map((one) => one.split(':')[0]);

  it('-s, -e and -l bound it; the start counts, the end does not', () => {
    const all = places('search ffff88037a645680');
    expect(all).toHaveLength(15);
    expect(places('search -s ffff8803a9d16210 -e ffff8803a9d16270 ffff88037a645680')).toEqual([all[3]]);
    expect(places('search -s ffff8803a9d16210 -l 60 ffff88037a645680')).toEqual([all[3]]);
    expect(places('search -s ffff8803a9d16210 -l 61 ffff88037a645680')).toEqual([all[3], all[4]]);
    expect(places('search -s init_ipc_ns ffff88037a645680')).toEqual([]);
  });

  it('-m ignores bits', () => {
    const hits = run('search -m ff ffff88037a6456aa').map((line) => line.split(' ')[1]);
    expect(new Set(hits)).toEqual(new Set(['ffff88037a645680']));
    expect(run('search -m fff ffff88037a645000').length).toBeGreaterThan(hits.length);
  });

  it('-w and -h look for halves and quarters of words', () => {
    expect(places('search -w c6805c')).toEqual(['ffff8803f382cc60']);
    expect(places('search -h 805c')).toEqual(['ffff8803f382cc60']);
    expect(run('search c6802f c6805c').map((line) => line.split(' ')[1])).toEqual([
      ...Array.from({ length: 11 }, () => 'c6802f'),
      'c6805c',
    ]);
  });

  it('-c finds text at any address, in objects that are free as well', () => {
    expect(run(String.raw`search -c '\kernel\crashes'`)).toEqual([
      String.raw`ffff8803f382cc50: \kernel\crashes  size-32 ffff8803f382cc40+0x10 (free), path+0x10`,
    ]);
  });

  it('-c finds what is not ASCII by its UTF-8 bytes', () => {
    const memory = memoryAtEnd(recording);
    memory.write(0xffff8803f382cc41n, Buffer.from('größer'));
    const session = { ...open(), dump: new Dump(new Case(recording), memory) };
    expect(runLine(session, 'search -c größe').map((line) => line.split(':')[0])).toEqual([
      'ffff8803f382cc41',
    ]);
    expect(runLine(session, 'search -c ö')).toHaveLength(1);
  });

  it('-x shows words before and after', () => {
    expect(run('search -x 1 -s ffff8803f382c000 ffff88037a645680')).toEqual([
      'ffff8803f382cc68: ffffffff81a46920',
      'ffff8803f382cc70: ffff88037a645680  size-32 ffff8803f382cc60+0x10, sfd: shm_file_data.file',
      'ffff8803f382cc78: ffffffff816268a0',
      '',
    ]);
  });

  it('takes a symbol, and finds what a plain scan finds', () => {
    expect(places('search shmem_vm_ops')).toEqual(places('search ffffffff816268a0'));
    const { dump } = open();
    fc.assert(
      fc.property(fc.nat(dump.regions.length - 1), fc.nat(511), (which, word) => {
        const { start } = dump.regions[which]!;
        const value = dump.memory.readU64(start + BigInt(word * 8));
        fc.pre(value !== 0n && value !== 0x0606060606060606n);
        const expected: string[] = [];
        for (const region of dump.regions.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
          for (let at = region.start; at < region.start + BigInt(region.size); at += 8n)
            if (dump.memory.readU64(at) === value) expected.push(at.toString(16));
        }
        fc.pre(expected.length <= 10_000);
        expect(places(`search ${value.toString(16)}`)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });
});

describe('kmem', () => {
  // Who has which object, from the events of the run: nothing of it is read from the heap.
  const live = new Map<string, string>(); // address → cache
  for (const { address, header, cache } of recording.header.world) {
    if (cache !== null) live.set((BigInt(address) - BigInt(header)).toString(16), cache);
  }
  for (const event of recording.header.events) {
    if (event.kind === 'allocate') live.set(BigInt(event.address).toString(16), event.cache);
    if (event.kind === 'free') live.delete(BigInt(event.address).toString(16));
  }
  const caches = open().dump.heap.caches.map(({ name }) => name);

  it.each(caches)('-S %s: allocated is what was allocated and not freed', (name) => {
    const lines = run(`kmem -S ${name}`);
    const allocated = lines.flatMap((line) => /^ {2}\[([0-9a-f]+)\]$/u.exec(line)?.[1] ?? []);
    const expected = [...live].filter(([, cache]) => cache === name).map(([address]) => address);
    // The struct slab of the one slab of size-512 lies off it, in size-128.
    const managers = allocated.filter((address) => !expected.includes(address));
    expect(managers).toHaveLength(name === 'size-128' ? 1 : 0);
    expect(expected.filter((address) => !allocated.includes(address))).toEqual([]);
    const [, , , count, total, slabs] = lines[1]!.split(/\s+/u);
    expect(Number(count)).toBe(allocated.length);
    const objects = lines.filter((line) => /^ {2}[ [][0-9a-f]{16}/u.test(line));
    expect(objects).toHaveLength(Number(total));
    expect(lines.filter((line) => line.startsWith('SLAB '))).toHaveLength(Number(slabs));
  });

  it('-s lists every cache, -s NAME one, and -S all objects of all', () => {
    const all = run('kmem -s');
    expect(all.slice(1).map((line) => line.split(/\s+/u)[1])).toEqual(caches);
    for (const name of caches)
      expect(run(`kmem -s ${name}`)).toEqual([all[0], all[caches.indexOf(name) + 1]]);
    expect(run('kmem -S').filter((line) => /^ {2}\[/u.test(line))).toHaveLength(live.size + 1);
  });

  it('says in which array cache a free object waits: the last one freed is there', () => {
    expect(run('kmem -S size-32')).toContain('   ffff8803f382cc40  (cpu 1 cache)');
  });

  it('-s ADDRESS: cache, slab and object of any byte of an object', () => {
    for (const [address, cache] of live) {
      const inside = (BigInt(`0x${address}`) + 5n).toString(16);
      const lines = run(`kmem -s ${inside}`);
      expect(lines[1]!.split(/\s+/u)[1]).toBe(cache);
      expect(lines.at(-1)).toBe(`  [${address}]`);
      expect(run(`kmem ${inside}`)).toEqual(lines);
    }
    expect(run('kmem ffff8803f382cc41').at(-1)).toBe('   ffff8803f382cc40  (cpu 1 cache)');
    expect(run('kmem ffff8803f382c010').at(-1)).toMatch(/is management of this slab, no object/u);
    expect(run('kmem ffff880001000000')).toEqual(run('kmem -s size-32'));
  });

  it('of a damaged heap names what is damaged, with address, expected and found', () => {
    const memory = memoryAtEnd(recording);
    const at = 0xffff8803f382c000n; // struct slab: inuse lies at 0x20
    const inuse = memory.readU32(at + 0x20n);
    memory.writeU32(at + 0x20n, inuse + 1);
    const session = { ...open(), dump: new Dump(new Case(recording), memory) };
    const finding = new RegExp(
      `^kmem: size-32: slab 0xffff8803f382c000: at 0xffff8803f382c020 expected inuse ${inuse}: .* found ${inuse + 1}$`,
      'u',
    );
    for (const line of ['kmem -s', 'kmem -s size-32', 'kmem -S', 'kmem ffff8803f382cc60'])
      expect(runLine(session, line).join('\n'), line).toMatch(new RegExp(finding.source, 'mu'));
    expect(runLine(session, 'kmem -s size-64').join('\n')).not.toContain('kmem:');
  });
});

describe('list', () => {
  const chain = run('kmem -s').slice(1).map((line) => line.split(' ')[0]!); // prettier-ignore

  it('follows a pointer from struct to struct, by member, by -o and by number', () => {
    const vmas = ['ffff88016d2319e0', 'ffff880158fea140'];
    expect(run('list vm_area_struct.vm_next ffff88016d2319e0')).toEqual(vmas);
    expect(run('list -o vm_area_struct.vm_next ffff88016d2319e0')).toEqual(vmas);
    expect(run('list 0x18 ffff88016d2319e0')).toEqual(vmas);
    expect(run('list -o 24 ffff88016d2319e0')).toEqual(vmas);
    for (const offset of ['vm_area_struct.vm_next', '24', '0x18'])
      expect(run(`list ffff88016d2319e0 ${offset}`), offset).toEqual(vmas);
    expect(run('list -e ffff880158fea140 24 ffff88016d2319e0')).toEqual(vmas.slice(0, 1));
  });

  it('-H walks a ring from its head, -h from a struct of it; -r backward', () => {
    expect(run('list -H cache_chain -o kmem_cache.next')).toEqual(chain);
    expect(run('list -r -H cache_chain -o kmem_cache.next')).toEqual(chain.toReversed());
    const [first, second, ...rest] = chain;
    const head = (0xffffffff81a3a0c0n - 0x58n).toString(16); // as if a struct were around it
    expect(run(`list -h -o kmem_cache.next ${second}`)).toEqual([second, ...rest, head, first]);
    expect(run(`list -h kmem_cache.next ${second} -r`)).toEqual([second, first, head, ...rest.toReversed()]);
  });

  it('-e ends a ring at a struct or at its list_head', () => {
    const link = (BigInt(`0x${chain[2]}`) + 0x58n).toString(16);
    expect(run(`list -H cache_chain -o kmem_cache.next -e ${chain[2]}`)).toEqual(chain.slice(0, 2));
    expect(run(`list -H cache_chain -o kmem_cache.next -e ${link}`)).toEqual(chain.slice(0, 2));
  });

  it('-s shows structs or members of each, several times', () => {
    expect(run(`list -H cache_chain -o kmem_cache.next -e ${chain[1]} -s kmem_cache.num -s kmem_cache.limit`)).toEqual(
      [chain[0], '  num = 112', '  limit = 120'],
    );
    expect(run(`list -x -H cache_chain -o kmem_cache.next -e ${chain[1]} -s kmem_cache.num`)).toContain('  num = 0x70');
    expect(run('set hex', `list -d -H cache_chain -o kmem_cache.next -s kmem_cache.num`)).toContain('  num = 112');
    expect(run('list 24 ffff88016d2319e0 -s vm_area_struct.vm_file')).toEqual([
      'ffff88016d2319e0', '  vm_file = 0xffff8800148fcb80', 'ffff880158fea140', '  vm_file = 0x0',
    ]);
  }); // prettier-ignore

  it('says (empty) for an empty ring, and nothing is wrong with a list_head that was never used', () => {
    expect(run('list -H ffff88037a645680')).toEqual(['(empty)']);
    expect(run('list -h ffff88037a645680')).toEqual(['ffff88037a645680']);
    expect(run('list -h ffff88016d2319e0 -o vm_area_struct.anon_vma_chain')).toEqual(['ffff88016d2319e0']);
  });

  it('says where a ring is broken, and goes on behind a wrong back pointer', () => {
    const memory = memoryAtEnd(recording);
    const third = BigInt(`0x${chain[2]}`) + 0x58n;
    const second = BigInt(`0x${chain[1]}`) + 0x58n;
    memory.writeU64(third + 8n, 0x1234n);
    const session = { ...open(), dump: new Dump(new Case(recording), memory) };
    const walk = 'list -H cache_chain -o kmem_cache.next';
    expect(runLine(session, walk)).toEqual([
      ...chain,
      `list: at 0x${(third + 8n).toString(16)} expected prev 0x${second.toString(16)} (the next of 0x${second.toString(16)} points here), found 0x1234, not mapped`,
    ]);
    memory.writeU64(third + 8n, second);
    const fourth = BigInt(`0x${chain[3]}`) + 0x58n;
    for (const [value, what] of [
      [third, /found 0x[0-9a-f]+$/u],
      [0n, /found 0x0, not mapped$/u],
      [0x8000_0000_0000_0000n, /found 0x8000000000000000, not mapped$/u],
      [third + 4n, /not aligned$/u],
    ] as const) {
      memory.writeU64(third, value);
      const lines = runLine(session, walk);
      expect(lines.slice(0, -1)).toEqual(chain); // the others from the end
      expect(lines.at(-1)).toMatch(what);
      expect(lines.at(-1)).toContain(
        `list: at 0x${third.toString(16)} expected next 0x${fourth.toString(16)} (the prev of 0x${fourth.toString(16)} points here), `,
      );
      expect(runLine(session, `${walk} -r`).slice(0, -1)).toEqual(chain.toReversed());
      expect(runLine(session, `list -h kmem_cache.next ${chain[0]}`).slice(0, chain.length)).toEqual(chain);
    }
  });
});

describe('sym', () => {
  it('takes names, offsets and addresses', () => {
    const shm =
      'ffffffff811e4630 (T) shm_close /usr/src/debug/kernel-default-3.0.101/linux-3.0/ipc/shm.c: 196';
    expect(run('sym shm_close')).toEqual([shm]);
    expect(run('sym ffffffff811e4630')).toEqual([shm]);
    expect(run('sym shm_close+0x3e')).toEqual(run('sym ffffffff811e466e'));
    expect(run('sym shm_close+0x3e')[0]).toMatch(/^ffffffff811e466e \(T\) shm_close\+62 .*shm\.c: 205$/u);
    expect(run('sym init_ipc_ns shm_close')).toEqual(['ffffffff81a46920 (D) init_ipc_ns', shm]);
    expect(run('sym convert_delimiter')[0]).toMatch(/ \(T\) convert_delimiter \[cifs\]/u);
  });

  it('-l lists all by address, -q some, -p and -n the neighbours', () => {
    const all = run('sym -l');
    expect(all.map((line) => line.slice(0, 16))).toEqual(all.map((line) => line.slice(0, 16)).toSorted());
    expect(run('sym -q shm')).toEqual(all.filter((line) => /\) \S*shm/u.test(line)));
    const at = all.findIndex((line) => line.includes(' shm_close '));
    expect(run('sym -p -n shm_close')).toEqual(all.slice(at - 1, at + 2));
    expect(run('sym -p shm_close')).toEqual(all.slice(at - 1, at + 1));
  });
});

describe('tasks', () => {
  it('ps shows all, or some; > marks the one that runs', () => {
    const [head, other, current] = run('ps');
    expect(head).toMatch(/^ {3}PID {4}PPID {2}CPU {7}TASK/u);
    expect(other).toMatch(/^ {2}26100 +- +1 +ffff8801b49d0040 +RU/u);
    expect(current).toMatch(/^> 26341 +- +1 +ffff8801b49c8040 +RU .*<redacted>$/u);
    expect(run('ps 26100')).toEqual([head, other]);
    expect(run('ps ffff8801b49c8040 26100')).toEqual([head, current, other]);
  });

  it('vm lists the mappings of the task that set chose', () => {
    expect(run('vm').slice(1)).toEqual([
      '      MM: ffff88008cecac80',
      '      VMA           START        END     FLAGS FILE',
      'ffff88016d2319e0 7f2945000000 7f2945006000     fb file ffff8800148fcb80',
      'ffff880158fea140 7f2945894000 7f2945895000      0',
    ]);
    expect(run('vm 26341')).toEqual(run('vm'));
    expect(run('vm 26100').at(-1)).toBe('(no user address space)');
    expect(run('set 26100', 'vm').slice(5)).toEqual(run('vm 26100'));
    expect(run('set 26100', 'set -p', 'vm').slice(10)).toEqual(run('vm'));
  });

  it('set shows and chooses the task, and bt knows that it is another', () => {
    expect(run('set')).toEqual([
      '    PID: 26341',
      'COMMAND: "<redacted>"',
      '   TASK: ffff8801b49c8040  [THREAD_INFO: ffff880211336000]',
      '    CPU: 1',
      '  STATE: TASK_RUNNING (PANIC)',
    ]);
    expect(run('set 26100')).toContain('   TASK: ffff8801b49d0040  [THREAD_INFO: ffff88021133a000]');
    expect(run('set ffff8801b49d0040')).toEqual(run('set 26100'));
    expect(run('set 26100').at(-1)).toBe('  STATE: TASK_RUNNING');
    expect(() => run('set 26100', 'bt')).toThrow('only the task that trapped');
  });

  it.each([[1n, 'TASK_INTERRUPTIBLE', 'IN'], [2n, 'TASK_UNINTERRUPTIBLE', 'UN'], [16n, 'EXIT_ZOMBIE', 'ZO'], [0x7000n, '0x7000', '??']])(
    'state %i is %s', (state, name, short) => {
      const memory = memoryAtEnd(recording);
      memory.writeU64(0xffff8801b49d0040n + BigInt(task_struct.fields.state[0]), state);
      const session = { ...open(), dump: new Dump(new Case(recording), memory) };
      expect(runLine(session, 'set 26100').at(-1)).toBe(`  STATE: ${name}`);
      expect(runLine(session, 'ps 26100')[1]).toContain(` ${short} `);
    },
  ); // prettier-ignore
});

it('an oops of a page that is not mapped in the direct map shows the entries above it as present', () => {
  const session = openSession(replay(loadScenario('slabinfo-bug')));
  expect(runLine(session, 'log')[2]).toMatch(
    /^PGD [1-9a-f]\w*63 PUD [1-9a-f]\w*63 PMD [1-9a-f]\w*63 PTE 0$/u,
  );
});

it('the package exports the session, the heap walk and the disassembler', () => {
  const session: index.Session = index.openSession(recording);
  expect(index.runLine(session, 'eval 2')[0]).toBe('hexadecimal: 2');
  const heap: index.HeapInMemory = index.walkHeap(session.dump.memory, BigInt(recording.header.cacheChain));
  expect(heap.caches.map(({ name }) => name)).toContain('size-32');
  const texts = (spelling: index.Spelling): string[] =>
    [...index.decode(Uint8Array.of(0xc3), 0n, undefined, spelling)].map(({ text }) => text);
  expect([texts('gnu'), texts('old')]).toEqual([['ret'], ['retq']]);
});

describe('a run of another kind', () => {
  const of = (yaml: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'oopslab-run-'));
    writeFileSync(join(folder, 'other.yaml'), `format: oopslab scenario 1\nname: other\n${yaml}`);
    const session = openSession(replay(loadScenario(join(folder, 'other.yaml'))));
    rmSync(folder, { recursive: true });
    return session;
  };
  const WORLD = `title: A conversion alone
release: 3.0.101-84-default
world:
  caches: { size-32: { frames: [0x100000] } }
  memory: [{ name: kernel stack, at: 0xffff880100010000, size: 8192, source: invented }]
steps:
  convert:
    says: There is a path, and it is converted.
    do: [{ kzalloc: { as: path, size: 8 } }]
    call: { function: convert_delimiter, arguments: ['&path', 0x5c], rsp: ARSP, returnTo: 0xffffffffa0451b2e }
expect: { outcome: { kind: returned } }
`;

  it('whose world has no task says so: that is not damage', () => {
    const session = of(WORLD.replace('ARSP', '0xffff880100011f00'));
    for (const line of ['ps', 'set', 'vm', 'ps 1', 'set -p', 'bt 1'])
      expect(() => runLine(session, line), line).toThrow('this world has no task');
    expect(bannerLines(session).at(-1)).toBe('     PID: -  (this world has no task)');
    expect(bannerLines(session)[1]).toMatch(/^ OUTCOME: returned 0x/u);
  });

  it('that ran out of its budget: bt and log say where', () => {
    const session = of('extends: shm-close-bug\nbudget: 5\n');
    for (const line of ['bt', 'log'])
      expect(() => runLine(session, line), line).toThrow(
        /: out of budget at \w+\+0x[0-9a-f]+, after \d+ instructions$/u,
      );
  });

  it('whose fault could not be delivered: bt says what and where', () => {
    const session = of(
      WORLD.replace('ARSP', '0xffff880100010008').replace(
        "arguments: ['&path', 0x5c]",
        'arguments: [0x10, 0x5c]',
      ),
    );
    expect(() => runLine(session, 'bt')).toThrow(
      /^the stack could not take the registers of the trap, so no handler ran: fault at convert_delimiter\+0x[0-9a-f]+: read of 1 byte at 0x10$/u,
    );
  });
});

describe('eval', () => {
  const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

  /** A tree, its text with no more parentheses than C needs, and its value. */
  interface Term {
    readonly text: string;
    readonly value: bigint;
    readonly level: number; // of its operator; higher binds closer
  }
  const LEVELS: readonly (readonly [string, number, (a: bigint, b: bigint) => bigint])[] = [
    ['|', 0, (a, b) => a | b],
    ['^', 1, (a, b) => a ^ b],
    ['&', 2, (a, b) => a & b],
    ['<<', 3, (a, b) => (b > 63n ? 0n : a << b)],
    ['>>', 3, (a, b) => (b > 63n ? 0n : a >> b)],
    ['+', 4, (a, b) => a + b],
    ['-', 4, (a, b) => a - b],
    ['*', 5, (a, b) => a * b],
    ['/', 5, (a, b) => (b === 0n ? 0n : a / b)],
    ['%', 5, (a, b) => (b === 0n ? 0n : a % b)],
  ];
  const leaf = fc
    .tuple(
      fc.oneof(fc.bigInt({ min: 0n, max: 70n }), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })),
      fc.constantFrom('hexadecimal', 'decimal', '~', '-'),
    )
    .map(([value, form]): Term => {
      if (form === '~') return { text: `~0x${value.toString(16)}`, value: u64(~value), level: 9 };
      if (form === '-') return { text: `-0x${value.toString(16)}`, value: u64(-value), level: 9 };
      return { text: form === 'decimal' ? String(value) : `0x${value.toString(16)}`, value, level: 9 };
    });
  const { term } = fc.letrec<{ term: Term }>((tie) => ({
    term: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc
        .tuple(tie('term'), fc.constantFrom(...LEVELS), tie('term'), fc.boolean())
        .map(([a, [operator, level, apply], b, dense]): Term => {
          const left = a.level < level ? `(${a.text})` : a.text;
          const right = b.level <= level ? `(${b.text})` : b.text;
          const safe = (operator === '/' || operator === '%') && b.value === 0n ? '+' : operator;
          return safe === operator
            ? {
                text: dense ? `${left}${operator}${right}` : `${left} ${operator} ${right}`,
                value: u64(apply(a.value, b.value)),
                level,
              }
            : { text: `(${a.text}) + (${b.text})`, value: u64(a.value + b.value), level: 4 };
        }),
    ),
  }));

  it('calculates as 64-bit integers do', () => {
    fc.assert(
      fc.property(term, ({ text, value }) => {
        const [hexadecimal, decimal] = run(`eval ${text}`);
        expect(hexadecimal!.split(' ')[1]).toBe(value.toString(16));
        expect(decimal!.trim().split(' ')[1]).toBe(String(value));
      }),
      { numRuns: 300 },
    );
  });

  it('prints a number in four bases, with its bits, wrapped at 77 columns', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
        const [hexadecimal, decimal, octal, binary, ...bits] = run(`eval -b ${value}`);
        expect(BigInt(`0x${hexadecimal!.split(' ')[1]}`)).toBe(value);
        expect(decimal).toContain(`    decimal: ${value}`);
        expect(decimal!.includes(`(${BigInt.asIntN(64, value)})`)).toBe(value >= 1n << 63n);
        expect(BigInt(`0o${octal!.trim().split(' ')[1]}`)).toBe(value);
        expect(binary).toBe(`     binary: ${value.toString(2).padStart(64, '0')}`);
        const set = bits.join(' ').replace('bits set:', '').trim().split(/\s+/u).filter(Boolean).map(BigInt);
        expect(set.reduce((sum, bit) => sum | (1n << bit), 0n)).toBe(value);
        expect(set).toEqual(set.toSorted((a, b) => Number(b - a)));
        for (const line of bits) expect(line.length).toBeLessThanOrEqual(77);
      }),
      { numRuns: 100 },
    );
  });

  it('knows symbols, scales, and says how many KB, MB or GB', () => {
    expect(run('eval init_ipc_ns + 0xa0')[0]).toBe('hexadecimal: ffffffff81a469c0');
    expect(run('eval 3K')[0]).toBe('hexadecimal: c00  (3KB)');
    expect(run('eval 2m')[0]).toBe('hexadecimal: 200000  (2MB)');
    expect(run('eval 1G + 1M')[0]).toBe('hexadecimal: 40100000  (1025MB)');
    expect(run('eval -1')[1]).toBe('    decimal: 18446744073709551615  (-1)');
    expect(run('eval ff')[1]).toBe('    decimal: 255');
    expect(run('eval 1 | 6')[0]).toBe('hexadecimal: 7');
    expect(run('eval "1 << 4"')[0]).toBe('hexadecimal: 10');
  });
});

describe('ipcs', () => {
  it('shows the segments that are named by id or by address', () => {
    const rows = run('ipcs -m');
    const row = rows.find((line) => line.includes(' 13008943 '))!;
    expect(run('ipcs -m 13008943')).toEqual([rows[0], row]);
    expect(run('ipcs ffff8803790f5790 98304')).toEqual([rows[0], row, rows[1]]);
  });

  it('has no row for a segment that is marked as deleted, as crash has none, and says so', () => {
    const session = openSession(replay(loadScenario('lookup-segment-deleted')));
    const said =
      'ipcs: ffff8803790f5790, id 13008943, is marked as deleted (shm_perm.deleted) and not listed';
    const lines = runLine(session, 'ipcs -m');
    expect(lines).toEqual([...run('ipcs -m').filter((line) => !line.includes(' 13008943 ')), said]);
    expect(runLine(session, 'ipcs -m 13008943')).toEqual([lines[0], '(none allocated)', said]);
  });
});

describe('completion', () => {
  const of = (line: string) => complete(open(), line);

  it.each([
    ['b', ['bt', 'bug_entry']],
    ['bt', ['bt']],
    ['q', ['quit']],
    ['dis shm_cl', ['shm_close']],
    ['struct shm_file_d', ['shm_file_data']],
    ['struct shm_file_data.v', ['shm_file_data.vm_ops']],
    ['shm_file_data.', ['file', 'id', 'ns', 'vm_ops'].map((name) => `shm_file_data.${name}`)],
    ['struct shmid_kernel.shm_perm.ke', ['shmid_kernel.shm_perm.key']],
    ['struct shm_file_data.id,n', ['shm_file_data.id,ns']],
    ['struct ipc_namespace.ids[2].ipcs_idr.to', ['ipc_namespace.ids[2].ipcs_idr.top']],
    ['kmem -s size-10', ['size-1024']],
    ['set 26', ['26100', '26341']],
    ['vm 263', ['26341']],
    ['ps ', ['26100', '26341']],
    ['help ke', []],
    ['help k', ['kmem']],
    ['nothing_like_it', []],
  ])('%s', (line, candidates) => {
    const [found, word] = of(line);
    expect(found).toEqual(candidates);
    expect(line.endsWith(word)).toBe(true);
  });

  it('has the numbers of what a terminal would obey in names', () => {
    const { header, data } = replay(loadScenario('shm-close-bug'));
    const steer = '\u001b]0;owned\u0007\u009b2J\u202e\n';
    const symbols = header.symbols.map((symbol) => ({ ...symbol, name: `${symbol.name}${steer}` }));
    const session = openSession(new Recording({ ...header, symbols }, data));
    expect(complete(session, 'dis shm_cl')[0]).toEqual(['shm_close\\x1b]0;owned\\x07\\u009b2J\\u202e\\n']);
  });

  it('offers only what is accepted', () => {
    for (const name of of('help ')[0]) expect(run(`help ${name}`)[0]).toContain(name);
    for (const name of of('sym cifs')[0]) expect(run(`sym ${name}`)[0]).toContain(name);
    for (const member of of('struct kmem_cache.')[0]) expect(run(`struct ${member}`).length).toBeGreaterThan(3);
  }); // prettier-ignore
});

describe('a session', () => {
  const everything = [
    'bt -FF', 'bt -l', 'dis -lr shm_close+0x3e', 'ipcs', 'kmem -s', 'kmem -S', 'list -H cache_chain -o kmem_cache.next -s kmem_cache',
    'log', 'ps', 'rd -SS ffff880211336000 1024', 'search -m ffff ffff88037a645680', 'set', 'struct kmem_cache ffff880001000000', 'sym -l', 'vm',
  ]; // prettier-ignore

  it('prints the same twice, and the same for another replay', () => {
    const first = run(...everything);
    expect(run(...everything)).toEqual(first);
    const again = openSession(replay(loadScenario('shm-close-bug')));
    expect(everything.flatMap((line) => runLine(again, line))).toEqual(first);
  });

  it('ends no line with blanks, and breaks none', () => {
    for (const line of everything.filter((one) => one !== 'log')) {
      for (const printed of run(line)) {
        expect(printed, line).not.toMatch(/[\n\r]/u);
        if (!line.startsWith('rd ')) expect(printed, line).not.toMatch(/ $/u);
      }
    }
  });

  it('reads quotes, comments and blanks', () => {
    expect(run('  bt   -FF  ')).toEqual(run('bt -FF'));
    expect(run('"bt" \'-FF\' # all of it')).toEqual(run('bt -FF'));
    expect(run(`search -c '| x'`, `search -c "<redacted>"`)).toEqual([]); // text, nothing for the shell
  });
});
