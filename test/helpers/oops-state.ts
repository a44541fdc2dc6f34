// The crashed machine as far as its oops shows it, built by hand from the golden files; no machine code runs here.
import { readFileSync } from 'node:fs';
import { encodeBugTable } from '../../src/kernel/bugtable.js';
import { encode } from '../../src/kernel/layout.js';
import { PagedMemory, type Protection } from '../../src/kernel/memory.js';
import type { OopsInput } from '../../src/oops/collect.js';
import type { GivenFacts } from '../../src/oops/given.js';
import { CURRENT_TASK_OFFSET, pt_regs, thread_info } from '../../src/kernel/structs/task.js';
import { type KernelSymbol, SymbolTable } from '../../src/kernel/symbols.js';

export const golden = (name: string): string =>
  readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8');

export const STACK = 0xffff880211336000n;
export const RSP = 0xffff880211337d88n; //   golden/bt-FF.txt
export const REGS = 0xffff880211337cd8n; //  facts 2.8
export const RIP = 0xffffffff811e466en;
export const GS_BASE = 0xffff88043fd00000n;
export const BUG_TABLE = 0xffffffff81671000n;
export const BUG_STRINGS = 0xffffffff81672000n;
const CODE_START = 0xffffffff811e4643n; //   RIP - 43
const TASK = 0xffff8801b49c8040n;

export const BUG_FILE = '/usr/src/packages/BUILD/kernel-default-3.0.101/linux-3.0/ipc/shm.c';

// The return addresses are published (slide 5), the frame sizes are chosen.
const functions: [name: string, address: bigint, size: number, cfa?: number | [number, number][]][] = [
  ['mmput', 0xffffffff81060290n, 0x100, 0x20],
  ['exit_mm', 0xffffffff81065070n, 0x160, 0x40],
  ['do_exit', 0xffffffff81066db0n, 0x470, 0x70],
  ['do_group_exit', 0xffffffff81067220n, 0xb0, 0x20],
  ['sys_exit_group', 0xffffffff810672d0n, 0x20, 0x20],
  ['remove_vma', 0xffffffff81127f80n, 0x80, [[0, 8], [1, 16], [2, 24], [9, 32]]], // prettier-ignore
  ['exit_mmap', 0xffffffff81128000n, 0x120, 0xb0],
  ['ipc_lock', 0xffffffff811e00e0n, 0x41],
  ['shm_close', 0xffffffff811e4630n, 0xb0, [[0, 8], [2, 16], [3, 24], [4, 32]]], // prettier-ignore
];

const symbolList: KernelSymbol[] = [
  ...functions.map(([name, address, size, cfa]): KernelSymbol => ({
    name,
    address,
    size,
    kind: 'function',
    source: 'facts 3.4',
    ...(cfa === undefined
      ? {}
      : {
          frame:
            typeof cfa === 'number'
              ? [{ offset: 0, cfa }]
              : cfa.map(([offset, bytes]) => ({ offset, cfa: bytes })),
        }),
  })),
  {
    name: 'system_call_fastpath',
    address: 0xffffffff81471ddcn,
    size: 0x1b,
    kind: 'function',
    source: 'facts 3.4',
    userFrame: 0x30,
  },
  { name: 'init_ipc_ns', address: 0xffffffff81a46920n, size: 0x200, kind: 'data', source: 'facts 3.4' },
  { name: '__start___bug_table', address: BUG_TABLE, size: 0, kind: 'data', source: 'invented' },
  {
    name: '__stop___bug_table',
    address: BUG_TABLE + 2n * 12n,
    size: 0,
    kind: 'data',
    source: 'invented',
  },
];

export const symbols = new SymbolTable(symbolList);

/** The same symbols with some replaced or added. */
export const symbolsWith = (...changed: KernelSymbol[]): SymbolTable =>
  new SymbolTable([...symbolList, ...changed]);

// Return addresses of golden/oops.txt at the slots that the frame sizes give.
export const SLOTS: readonly (readonly [slot: bigint, address: bigint])[] = [
  [0xffff880211337da0n, 0xffffffff81127fa4n],
  [0xffff880211337dc0n, 0xffffffff811280f8n],
  [0xffff880211337e70n, 0xffffffff810602d9n],
  [0xffff880211337e90n, 0xffffffff81065192n],
  [0xffff880211337ed0n, 0xffffffff81066f39n],
  [0xffff880211337f40n, 0xffffffff8106725dn],
  [0xffff880211337f60n, 0xffffffff810672e2n],
  [0xffff880211337f80n, 0xffffffff81471df2n],
  [0xffff880211337fd8n, 0x00007f29408be998n], // ip of the pt_regs at 7f58
];

const page = (start: bigint, pages: number, protection: Protection, name: string) => ({
  start,
  size: pages * 0x1000,
  protection,
  name,
});

/** Guest memory at the trap. */
export const crashedMemory = (): PagedMemory => {
  const memory = new PagedMemory([
    page(STACK, 2, 'read-write', 'stack'),
    page(0xffffffff811e4000n, 1, 'read-execute', 'text'),
    page(BUG_TABLE, 1, 'read', 'bug table'),
    page(BUG_STRINGS, 1, 'read', 'strings'),
    page(GS_BASE + 0xa000n, 1, 'read-write', 'per-CPU area'),
  ]);
  const text = golden('oops.txt');
  const code = /^Code: (.*) $/mu.exec(text)![1]!.replace(/[<>]/gu, '').split(' ');
  memory.write(
    CODE_START,
    Uint8Array.from(code, (byte) => Number.parseInt(byte, 16)),
  );
  const words = /Stack:\n([^]*?)Call Trace/u.exec(text)![1]!.trim().split(/\s+/u);
  words.forEach((word, index) => memory.writeU64(RSP + BigInt(index * 8), BigInt(`0x${word}`)));
  for (const [slot, address] of SLOTS) memory.writeU64(slot, address);
  memory.write(
    REGS,
    encode(pt_regs, {
      ax: 0xffffffffffffffean,
      bx: 0xffffffffffffffean,
      cx: 6n,
      dx: 0n,
      si: 0x5cn,
      di: 6n,
      bp: 0xffffffff81a46920n,
      r8: 2n,
      r9: 0xffff8804256a84d0n,
      r10: 0xffff880192cecc00n,
      r11: 0xffffffff81215a80n,
      r12: 0xffffffff81a469c0n,
      r13: 0xffff88008cecac80n,
      r14: 0xffff880423c33740n,
      r15: 1n,
      orig_ax: 0xffffffffffffffffn,
      ip: RIP,
      cs: 0x10n,
      flags: 0x10202n,
      sp: RSP,
      ss: 0x18n,
    }),
  );
  memory.write(STACK, encode(thread_info, { task: TASK, cpu: 1 }));
  memory.writeU64(GS_BASE + CURRENT_TASK_OFFSET, TASK);
  const table = encodeBugTable(
    [
      { address: RIP + 0x100n, file: 'kernel/exit.c', line: 1000 },
      { address: RIP, file: BUG_FILE, line: 205 },
    ],
    BUG_TABLE,
    BUG_STRINGS,
  );
  memory.write(BUG_TABLE, table.entries);
  memory.write(BUG_STRINGS, table.strings);
  return memory;
};

export const given: GivenFacts = {
  modules: (
    'lp parport_pc af_packet st ide_cd_mod ide_core bridge stp llc joydev ext2 des_generic ecb md4 nls_utf8 cifs(X) ' +
    'nfs fscache nfsd lockd nfs_acl auth_rpcgss sunrpc autofs4 binfmt_misc mperf vsock(EX) <...>'
  ).split(' '),
  lastUnloaded: 'ppa',
  supported: 'Yes, External',
  pid: 26341,
  comm: '<redacted>',
  taint: 'Tainted: G           E X',
  release: '3.0.101-84-default',
  version: '#1 SMP Tue Oct 18 10:32:51 UTC 2016 (15251d6)',
  vendor: 'VMware, Inc.',
  product: 'VMware Virtual Platform',
  board: '440BX Desktop Reference Platform',
  fs: 0x00007f2945893760n,
  knlGs: 0n,
  ds: 0,
  es: 0,
  cr0: 0x8005003bn,
  cr2: 0x00007f6941216960n,
  cr3: 0x3f3bea000n,
  cr4: 0x1407e0n,
  dr0: 0n,
  dr1: 0n,
  dr2: 0n,
  dr3: 0n,
  dr6: 0xffff0ff0n,
  dr7: 0x400n,
  endTrace: 0x1122334455667788n,
};

const CARRIED = new Set<string>(['r8', 'r10', 'r11', 'r13', 'r14', 'r15']);

/** The input for the report; what code wrote is as facts 2.8 and 2.9 have it. */
export const crashedInput = (changes: Partial<OopsInput> = {}): OopsInput => ({
  memory: crashedMemory(),
  symbols,
  regs: REGS,
  trap: { kind: 'invalid opcode', errorCode: 0 },
  gsBase: GS_BASE,
  given,
  provenance: {
    register: (name) => (CARRIED.has(name) ? 'carried' : 'computed'),
    memory: (address) => (address === RSP + 0x20n || address >= RSP + 0x40n ? 'carried' : 'computed'),
  },
  ...changes,
});
