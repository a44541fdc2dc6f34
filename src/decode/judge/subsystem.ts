// The module and the subsystem that a frame belongs to, as far as the text says it.

import type { CodeLocation, KernelReport } from '../read/report.js';
import { bareSymbol } from './symbol.js';

// Folders of which each subfolder is a subsystem of its own. Source: the tree and MAINTAINERS of v6.14
const DEEP = /^(?:fs|net|sound|drivers|arch|virt|crypto|block|lib|security|kernel)\/[\w.-]{1,64}(?=\/)/u;
const DEEPER =
  /^(?:drivers\/(?:net\/(?:wireless|ethernet)|gpu\/drm|scsi|media|usb|infiniband\/(?:hw|core|ulp))|net\/(?:core|ipv4|ipv6))\/[\w.-]{1,64}(?=\/)/u;
const TOP =
  /^(?:fs|mm|kernel|net|block|ipc|lib|crypto|security|sound|drivers|init|io_uring|virt|rust)(?=\/)/u;

// Where many files of a large part have names with one beginning.
// Sources: fs/btrfs, fs/ext4, fs/xfs, fs/nfs, fs/smb, net/, mm/, block/, drivers/, v2.6.32 to v6.14
const PREFIXES: readonly (readonly [RegExp, string])[] = [
  [/^_*btrfs_/u, 'fs/btrfs'],
  [/^_*ext4_|^jbd2_/u, 'fs/ext4'],
  [/^_*xfs_/u, 'fs/xfs'],
  [/^_*f2fs_/u, 'fs/f2fs'],
  [/^_*nfs4?_|^nfs[34]_/u, 'fs/nfs'],
  [/^_*nfsd4?_/u, 'fs/nfsd'],
  [/^cifs_|^smb2_|^SMB2_/u, 'fs/smb/client'],
  [/^ksmbd_/u, 'fs/smb/server'],
  [/^ceph_/u, 'fs/ceph'],
  [/^fuse_/u, 'fs/fuse'],
  [/^ocfs2_/u, 'fs/ocfs2'],
  [/^gfs2_/u, 'fs/gfs2'],
  [/^ovl_/u, 'fs/overlayfs'],
  [/^ntfs_/u, 'fs/ntfs'],
  [/^ext[23]_/u, 'fs/ext2'],
  [/^jfs_/u, 'fs/jfs'],
  [/^tcp_|^udp_|^ip_|^inet_|^fib_|^arp_/u, 'net/ipv4'],
  [/^tcp6_|^udpv6_|^ip6_|^inet6_|^fib6_|^ipv6_|^addrconf_/u, 'net/ipv6'],
  [/^nf_|^nft_|^xt_/u, 'net/netfilter'],
  [/^bpf_/u, 'kernel/bpf'],
  [/^sctp_/u, 'net/sctp'],
  [/^rxrpc_/u, 'net/rxrpc'],
  [/^tipc_/u, 'net/tipc'],
  [/^hci_|^l2cap_|^sco_|^rfcomm_/u, 'net/bluetooth'],
  [/^ieee80211_/u, 'net/mac80211'],
  [/^cfg80211_|^nl80211_/u, 'net/wireless'],
  [/^netlink_|^genl_/u, 'net/netlink'],
  [/^unix_/u, 'net/unix'],
  [/^io_uring_|^io_(?:wq|sq|poll|rsrc)_/u, 'io_uring'],
  [/^blk_|^bio_|^blkdev_/u, 'block'],
  [/^scsi_/u, 'drivers/scsi'],
  [/^nvme_/u, 'drivers/nvme'],
  [/^usb_|^xhci_|^ehci_/u, 'drivers/usb'],
  [/^drm_|^i915_|^amdgpu_|^nouveau_/u, 'drivers/gpu/drm'],
  [/^snd_/u, 'sound'],
  [/^kvm_|^vmx_|^svm_/u, 'arch/x86/kvm'],
  [/^ata_|^ahci_/u, 'drivers/ata'],
  [/^md_|^raid\d+_|^dm_/u, 'drivers/md'],
  [/^tty_|^n_tty_/u, 'drivers/tty'],
  [/^shm_|^sem_|^msg_|^ipc_/u, 'ipc'],
];

// Modules whose name is that of their folder are not listed: a module has its name in `module` already.
const MODULES: Readonly<Record<string, string>> = {
  btrfs: 'fs/btrfs',
  ext4: 'fs/ext4',
  jbd2: 'fs/ext4',
  xfs: 'fs/xfs',
  f2fs: 'fs/f2fs',
  nfs: 'fs/nfs',
  nfsv4: 'fs/nfs',
  nfsd: 'fs/nfsd',
  sunrpc: 'net/sunrpc',
  cifs: 'fs/smb/client',
  ksmbd: 'fs/smb/server',
  ceph: 'fs/ceph',
  fuse: 'fs/fuse',
  ocfs2: 'fs/ocfs2',
  gfs2: 'fs/gfs2',
  overlay: 'fs/overlayfs',
  kvm: 'arch/x86/kvm',
  kvm_intel: 'arch/x86/kvm',
  kvm_amd: 'arch/x86/kvm',
  nf_tables: 'net/netfilter',
  nf_conntrack: 'net/netfilter',
  bluetooth: 'net/bluetooth',
  mac80211: 'net/mac80211',
  cfg80211: 'net/wireless',
  i915: 'drivers/gpu/drm/i915',
  amdgpu: 'drivers/gpu/drm/amd',
  nouveau: 'drivers/gpu/drm/nouveau',
  radeon: 'drivers/gpu/drm/radeon',
  nvme: 'drivers/nvme',
  scsi_mod: 'drivers/scsi',
  usbcore: 'drivers/usb',
  xhci_hcd: 'drivers/usb',
  snd: 'sound',
  md_mod: 'drivers/md',
  dm_mod: 'drivers/md',
};

/** The subsystem of a source file: `fs/btrfs` of `fs/btrfs/inode.c`, without the folder it was built in. */
const subsystemOfPath = (path: string): string | undefined => {
  const inTree =
    /(?:^|\/)((?:arch|block|crypto|drivers|fs|init|io_uring|ipc|kernel|lib|mm|net|rust|security|sound|virt)\/[\w./-]{1,240})$/u.exec(
      path.replaceAll(/\/{2,}|\/\.\//gu, '/').replaceAll(/^(?:\.\.?\/)+/gu, ''),
    )?.[1];
  if (inTree === undefined) return undefined;
  // A checkout that lies in a folder named kernel.
  const inner = /^kernel\/((?:arch|block|drivers|fs|mm|net|sound)\/.+)$/u.exec(inTree)?.[1];
  if (inner !== undefined) return subsystemOfPath(inner);
  if (inTree.startsWith('include/')) return undefined;
  return (DEEPER.exec(inTree) ?? DEEP.exec(inTree) ?? TOP.exec(inTree))?.[0];
};

/** Module and subsystem of the guilty frame; parts that are not known are absent. */
export const homeOf = (
  report: KernelReport,
  guilty: CodeLocation | undefined,
): { readonly module?: string; readonly subsystem?: string } => {
  if (guilty === undefined) return {};
  const source = (guilty as { source?: { file: string } }).source?.file;
  // The file of the headline is that of the trapping function: not of another one.
  const own = guilty === report.trap ? report.source?.file : undefined;
  const file = source ?? own;
  const name = bareSymbol(guilty.symbol ?? '');
  const subsystem =
    (file === undefined || file.endsWith('.h') ? undefined : subsystemOfPath(file)) ??
    (guilty.module === undefined ? undefined : MODULES[guilty.module]) ??
    PREFIXES.find(([pattern]) => pattern.test(name))?.[1];
  return {
    ...(guilty.module === undefined ? {} : { module: guilty.module }),
    ...(subsystem === undefined ? {} : { subsystem }),
  };
};
