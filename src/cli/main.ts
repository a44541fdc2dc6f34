#!/usr/bin/env node
// The executable: the command line, with the streams of this process.

import { endOnFailedWrite } from './failed-write.js';

endOnFailedWrite();
const args = process.argv.slice(2);
if (args.length === 1 && args[0] === '--version') {
  const { versionText } = await import('./version.js'); // and nothing else
  process.stdout.write(`${versionText()}\n`);
} else {
  const { main } = await import('./program.js');
  process.exitCode = await main(args, process);
}
