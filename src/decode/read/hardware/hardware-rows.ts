// The lines that begin a report of the hardware: rows for the table of headlines.
// Sources: arch/x86/kernel/cpu/mce/core.c, drivers/edac/edac_mc.c and mce_amd.c, drivers/pci/pcie/aer.c,
// drivers/firmware/efi/cper.c, drivers/thermal/intel/therm_throt.c; v2.6.32 to v6.14.

// A correctable error or a temperature is often printed in the middle of another report, which it does not end.
const INSIDE = { follows: true } as const;

export const HARDWARE_ROWS = [
  [
    /^(?:mce: )?(?:\[Hardware Error\]: )?CPU ?\d{1,5}: Machine Check(?: Exception)?: /u,
    'hardware',
    3,
    undefined,
  ],
  [/^(?:mce: )?\[Hardware Error\]: (?:Machine check events logged|Corrected error)/u, 'hardware', 1, INSIDE],
  [
    /^(?:mce: )?\[Hardware Error\]: (?:Uncorrected, software|Deferred error|System Fatal error)/u,
    'hardware',
    2,
    undefined,
  ],
  [
    /^(?:\{\d{1,9}\})?\[Hardware Error\]: (?:Hardware error from|event severity: (?:fatal|recoverable))/u,
    'hardware',
    2,
    undefined,
  ],
  [/^EDAC (?:MC|amd64 MC|PCI)\d{1,4}: \d{1,9} UE /u, 'hardware', 2, undefined],
  [/^EDAC (?:MC|amd64 MC|PCI)\d{1,4}: (?:\d{1,9} )?[CU]E /u, 'hardware', 1, INSIDE],
  [
    /^\S{1,40} \S{1,40}: (?:AER: )?(?:Multiple )?Uncorrected \((?:Non-)?Fatal\) error /u,
    'hardware',
    2,
    undefined,
  ],
  [/^\S{1,40} \S{1,40}: PCIe Bus Error: severity=Uncorrected /u, 'hardware', 2, undefined],
  [
    /^\S{1,40} \S{1,40}: (?:AER: )?(?:(?:Multiple )?Corrected error |PCIe Bus Error: severity=)/u,
    'hardware',
    1,
    INSIDE,
  ],
  [/^(?:mce: )?CPU ?\d{1,5}: (?:Core |Package )?[Tt]emperature above threshold/u, 'hardware', 1, INSIDE],
] as const;
