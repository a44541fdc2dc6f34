// Preloaded into oopslab and the processes that it starts: keeps what each has used in a file of its own, also when it is
// killed. OOPSLAB_MEASURE names the folder.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { isMainThread } = require('node:worker_threads');

// The peak that resourceUsage() gives on Linux includes that of the process which started this one.
const peak = (maxRSS) => {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/mu.exec(readFileSync('/proc/self/status', 'latin1'))[1]);
  } catch {
    return maxRSS;
  }
};

if (isMainThread) {
  const file = join(process.env.OOPSLAB_MEASURE, `${process.pid}.json`);
  const keep = () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeFileSync(
      file,
      JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e6, memory: peak(maxRSS) / 1024 }),
    );
  };
  keep();
  setInterval(keep, 250).unref();
  process.on('exit', keep);
}
