// Real functions of real kernels, run with one bad pointer until they fault: decode names the pointer and the field that the
// run went through, and says nothing certain that the run was not. Without OOPSLAB_FULL=1 a short form of 20 reports;
// OOPSLAB_MADE sets how many of each module, OOPSLAB_MADE_SEED where the choice begins.
import { describe, expect, it } from 'vitest';
import { FULL } from '../helpers/effort.js';
import { NEEDS_KERNEL, kernelPackage } from '../helpers/kernel-packages.js';
import { type Counts, countOopses } from './campaign.js';

const MODULES = [
  'fs/smb/client/cifs', 'fs/ext4/ext4', 'net/netfilter/nf_tables', 'fs/btrfs/btrfs', 'fs/xfs/xfs', 'net/sunrpc/sunrpc',
  'fs/nfs/nfs', 'fs/nfsd/nfsd', 'fs/overlayfs/overlay', 'fs/fuse/fuse', 'drivers/md/dm-mod', 'drivers/net/virtio_net',
  'drivers/net/bonding/bonding', 'net/bluetooth/bluetooth', 'net/mac80211/mac80211', 'net/openvswitch/openvswitch',
  'net/tls/tls', 'net/sctp/sctp', 'sound/core/snd-pcm', 'drivers/usb/core/usbcore', 'drivers/scsi/scsi_mod',
  'drivers/block/nbd', 'drivers/nvme/host/nvme-core', 'drivers/usb/host/xhci-hcd',
]; // prettier-ignore
const SHORT = { '6.1': ['fs/smb/client/cifs', 'net/netfilter/nf_tables'], '6.12': ['fs/xfs/xfs'] } as const;
const each = Number(process.env['OOPSLAB_MADE'] ?? (FULL ? 5 : 4));
const seed = Number(process.env['OOPSLAB_MADE_SEED'] ?? 1);

const show = (
  title: string,
  { reports, modules, verdicts, depths, statements, control, notes }: Counts,
): void => {
  const lines = [
    `${title}: ${reports} reports, ${modules.size} modules; ${JSON.stringify({ verdicts, depths, statements, control })}`,
    ...notes,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
};

describe.each(['6.1', '6.12'] as const)('made oopses of a %s kernel', (series) => {
  const found = kernelPackage(series);
  it.skipIf(found === undefined)(
    `are explained as they happened ${NEEDS_KERNEL}`,
    async () => {
      const names = FULL ? MODULES : SHORT[series];
      const counts = await countOopses(found!, names, each, seed);
      if (FULL) show(found!.release, counts);
      const { reports, modules, verdicts, statements, control, falseOnes } = counts;
      expect(falseOnes).toEqual([]);
      expect(statements.checked).toBeGreaterThan(reports);
      expect(reports).toBe(each * modules.size);
      expect(modules.size).toBeGreaterThan(FULL ? 19 : 1);
      expect(verdicts.right / reports).toBeGreaterThanOrEqual(0.75);
      expect(verdicts.wrong / reports).toBeLessThan(0.02);
      // Names of other reports are wrong ones.
      expect(control.judged).toBeGreaterThan(reports / 4);
      expect(control.right / control.judged).toBeLessThan(0.1);
    },
    FULL ? 3_600_000 : 240_000,
  );
});
