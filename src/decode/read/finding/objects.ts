// The checks of the life of objects: debugobjects, sysfs, network devices.
// Sources: debug_print_object(), lib/debugobjects.c, v2.6.26 to v6.14; sysfs_warn_dup(), fs/sysfs/dir.c;
// netdev_wait_allrefs_any(), net/core/dev.c.

import { defined } from '../../../base/defined.js';
import { type CheckerTable, facts, kernelAddress, place } from './part.js';

export const ODEBUG: CheckerTable = {
  checker: 'ODEBUG',
  begins: [
    [
      /^ODEBUG: (\w{1,24}) (.{1,40}?) \(active state (\d{1,9})\) object(?:: (?:0x)?([0-9a-f]{8,16}) object)? type: (\S{1,80})(?: hint: (.{1,300}))?$/u,
      ([, operation, state, active, addr, type, hint]) => ({
        bug: `${operation!} ${state!}`,
        ...(operation === 'free' ? { access: 'free' as const } : {}),
        object: defined({ address: kernelAddress(addr) }),
        type: type!,
        ...defined({ other: place(hint) }),
        ...facts({ activeState: active }),
      }),
    ],
  ],
  adds: [],
};

export const SYSFS: CheckerTable = {
  checker: 'sysfs',
  begins: [
    [
      /^sysfs: cannot create duplicate filename '([^']{1,400})'/u,
      ([, name]) => ({ bug: 'duplicate filename', value: name! }),
    ],
  ],
  adds: [
    [
      /^kobject(?:_add_internal failed for|: kobject_add_internal failed for) (\S{1,160})(?: \(error: (-\d{1,4})| with (-E[A-Z]{1,12}))/u,
      ([, object, code, name]) => facts({ object, error: code ?? name }),
    ],
  ],
};

export const NETDEVICE: CheckerTable = {
  checker: 'netdevice',
  begins: [
    [
      /^unregister_netdevice: waiting for (.{1,64}) to become free\.?(?: Usage count = (-?\d{1,11}))?/u,
      ([, device, count]) => ({
        bug: 'waiting to become free',
        value: device!,
        ...facts({ usageCount: count }),
      }),
    ],
  ],
  adds: [],
};
