// Writes a log of a size with a report in it several times, for the benchmark of `oopslab decode`.

import { closeSync, openSync, writeSync } from 'node:fs';

// What a kernel says on most days, and what looks a little like a report.
const LINES = [
  'usb 1-4: new high-speed USB device number 7 using xhci_hcd',
  'EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: (null)',
  'eth0: renamed from veth1c2f3a4, link becomes ready, 1000 Mb/s full duplex, flow control rx and tx',
  'audit: type=1400 audit(1700000000.123:456): apparmor="DENIED" operation="open" profile="/usr/sbin/ntpd" pid=812',
  'systemd[1]: Started Daily Cleanup of Temporary Directories, in 3.412 seconds of CPU time.',
  'perf: interrupt took too long (2503 > 2500), lowering kernel.perf_event_max_sample_rate to 79750',
  'nvme nvme0: I/O 417 QID 5 timeout, aborting; controller is fine, request was a READ of 8 sectors',
  'CPU: Physical Processor ID: 0, x86/cpu: VMX (outside TXT) disabled by BIOS',
];

/** @param report lines of a kernel report */
export const writeLog = (file, bytes, report, reports = 10) => {
  const output = openSync(file, 'w');
  const prefix = (index) => `Nov 19 12:34:38 host kernel: [${(100 + index / 1000).toFixed(6).padStart(12)}] `;
  let index = 0;
  let written = 0;
  let chunk = '';
  const line = (text) => {
    chunk += `${prefix(index)}${text}\n`;
    index += 1;
  };
  for (let number = 0; number < reports; number += 1) {
    while (written + chunk.length < (bytes * (number + 0.5)) / reports) {
      line(LINES[index % LINES.length]);
      if (chunk.length > 1 << 20) {
        written += writeSync(output, chunk);
        chunk = '';
      }
    }
    for (const text of report) line(text);
  }
  while (written + chunk.length < bytes) {
    line(LINES[index % LINES.length]);
    if (chunk.length > 1 << 20) {
      written += writeSync(output, chunk);
      chunk = '';
    }
  }
  writeSync(output, chunk);
  closeSync(output);
};
