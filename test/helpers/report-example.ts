// One set of facts to make reports of, where any will do.
import { FACT_REGISTERS } from './report-facts.js';
import type { Facts, Layout } from './report-layouts.js';

const SPOT = { address: 0xffffffff8112b3dbn, symbol: '__fput', offset: 0x12a, size: 0x1df };

/** Facts that a layout can print. */
export const exampleFacts = ({ code }: Pick<Layout, 'code'>): Facts => ({
  event: { kind: 'fault', address: 0x6b6b6b6b6b6b6b6bn, errorCode: 2 },
  counter: 1,
  cpu: 3,
  pid: 1473,
  comm: 'Web Content',
  taint: 'G        W',
  hardware: 'QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.14.0-2 04/01/2014',
  rip: { ...SPOT, symbol: 'ulist_release', module: 'btrfs' },
  registers: Object.fromEntries(
    FACT_REGISTERS.map((name, index) => [name, 0xffff880037f91000n + BigInt(index)]),
  ),
  rflags: 0x10202n,
  code: Array.from({ length: code }, (_, index) => (index * 37) & 0xff),
  stack: Array.from({ length: 12 }, (_, index) => 0xffff88007a7c5a00n + BigInt(index * 8)),
  trace: Array.from({ length: 8 }, (_, index) => ({ ...SPOT, offset: index + 1, reliable: index % 3 !== 0 })),
  modules: ['btrfs', 'xfs', 'cifs', 'nfs'].map((name) => ({ name, flags: name === 'cifs' ? 'OE' : '' })),
});
