// ipcs: System V shared memory segments.
// Source of the format: test/golden/ipcs-m.txt.

import { type Segment, walkSegments } from '../kernel/ipc.js';
import { findField } from '../kernel/layout.js';
import type { Memory } from '../kernel/memory.js';
import { SHM_DEST, ipc_namespace, shmid_kernel } from '../kernel/structs/ipc.js';
import { parseHex, readArguments } from './arguments.js';
import { type CrashCommand, complain } from './command.js';

const field = (path: string): { offset: bigint; size: number } => {
  const { offset, type } = findField(shmid_kernel, path)!;
  return { offset: BigInt(offset), size: type.size };
};
const FIELDS = {
  key: field('shm_perm.key'),
  id: field('shm_perm.id'),
  uid: field('shm_perm.uid'),
  mode: field('shm_perm.mode'),
  deleted: field('shm_perm.deleted'),
  segsz: field('shm_segsz'),
  nattch: field('shm_nattch'),
};

const row = (memory: Memory, { address }: Segment): string => {
  const read = ({ offset, size }: { offset: bigint; size: number }): bigint =>
    size === 8 ? memory.readU64(address + offset) : BigInt(memory.readU32(address + offset));
  const mode = Number(read(FIELDS.mode));
  const signed = (value: bigint): string => String(BigInt.asIntN(32, value));
  return [
    address.toString(16).padEnd(16),
    read(FIELDS.key).toString(16).padStart(8, '0'),
    signed(read(FIELDS.id)).padEnd(10),
    signed(read(FIELDS.uid)).padEnd(5),
    (mode & 0o777).toString(8).padEnd(5),
    String(read(FIELDS.segsz)).padEnd(10),
    String(read(FIELDS.nattch)).padEnd(6),
    (mode & SHM_DEST) === 0 ? '' : 'dest',
  ]
    .join(' ')
    .trimEnd();
};

const isDeleted = (memory: Memory, { address }: Segment): boolean =>
  memory.readU32(address + FIELDS.deleted.offset) !== 0;

const idOf = (memory: Memory, { address }: Segment): number => memory.readU32(address + FIELDS.id.offset) | 0;

// By the id, which is decimal, or the address, which is hexadecimal.
const choose = (memory: Memory, segments: readonly Segment[], text: string): Segment => {
  const id = /^-?\d{1,10}$/u.test(text) ? Number(text) : undefined;
  return (
    segments.find((segment) => idOf(memory, segment) === id) ??
    segments.find(({ address }) => address === parseHex(text)) ??
    complain(
      'ipcs',
      `no segment has id or address "${text}"; there are ${segments.map((segment) => idOf(memory, segment)).join(', ')}`,
    )
  );
};

export const ipcs: CrashCommand = {
  name: 'ipcs',
  summary: 'System V shared memory segments',
  usage: '[-m] [ID | ADDRESS]...',
  help: [
    '-m   shared memory: the only kind that the worlds have, and the default',
    'A segment that is marked as deleted (shm_perm.deleted) has no row: ipc_lock() does not find it either.',
    '',
    '  crash> ipcs -m',
    '  crash> ipcs -m 13008943',
  ],
  run: ({ dump }, args) => {
    const { rest } = readArguments('ipcs', args, 'm');
    const namespace = dump.symbols.findSymbol('init_ipc_ns');
    if (namespace === undefined || !dump.memory.isMapped(namespace.address, ipc_namespace.size)) {
      return complain('ipcs', 'this world has no init_ipc_ns');
    }
    const { segments, findings } = walkSegments(dump.memory, namespace.address);
    const wanted = rest.length === 0 ? segments : rest.map((text) => choose(dump.memory, segments, text));
    const rows = wanted.filter((segment) => !isDeleted(dump.memory, segment));
    return [
      'SHMID_KERNEL     KEY      SHMID      UID   PERMS BYTES      NATTCH STATUS',
      ...rows.map((segment) => row(dump.memory, segment)),
      ...(rows.length === 0 ? ['(none allocated)'] : []),
      ...wanted
        .filter((segment) => isDeleted(dump.memory, segment))
        .map(
          (segment) =>
            `ipcs: ${segment.address.toString(16)}, id ${idOf(dump.memory, segment)}, is marked as deleted (shm_perm.deleted) and not listed`,
        ),
      ...findings.map((finding) => `ipcs: ${finding}`),
    ];
  },
};
