#!/usr/bin/env node
// The executable: the command line, with the streams of this process.

import { endOnFailedWrite } from './output.js';
import { main } from './program.js';

endOnFailedWrite();
process.exitCode = await main(process.argv.slice(2), process);
