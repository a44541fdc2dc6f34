// The child that tries a library, a program of its own: `node probe-child.js PLACE` answers on a file descriptor. A
// thread ends it where loading never comes back.

import { NO_INSTRUCTION } from '../x86/encoding.js';
import { writeSync } from '../host/files.js';
import { startThread } from '../host/processes.js';
import type { Addr } from '../base/address.js';
import { LibraryError } from '../base/errors.js';
import { PagedMemory } from '../kernel/memory.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import { loadLibrary, useLibrary } from './library.js';
import { ANSWER, type ProbeAnswer, READY } from './library-probe.js';
import { engineNamed } from './engines.js';

const CODE: Addr = 0x1000n;
const INCREMENT = Uint8Array.of(0x48, 0xff, 0xc0); // inc %rax
const BEFORE = 0x1234_5678_9abcn;

const runInstruction = (): string | undefined => {
  const memory = new PagedMemory([{ name: 'code', start: CODE, size: 0x1000, protection: 'read-execute' }]);
  memory.bytes.fill(NO_INSTRUCTION);
  memory.bytes.set(INCREMENT);
  using engine = engineNamed('unicorn').open(memory);
  engine.readRegisters();
  engine.registers[REGISTER_INDEX.rax] = BEFORE;
  engine.writeRegisters();
  const stop = engine.run(CODE, CODE + BigInt(INCREMENT.length), 10);
  engine.readRegisters();
  return stop.reason === 'until' && engine.registers[REGISTER_INDEX.rax] === BEFORE + 1n
    ? undefined
    : 'is damaged: it runs an instruction wrongly';
};

const tryLibrary = (place: string): ProbeAnswer => {
  const found = loadLibrary(place);
  if (typeof found === 'string') return { problem: found };
  useLibrary(found);
  try {
    const problem = runInstruction();
    found.library.unload(); // what it does at the end of a process can end that otherwise
    return problem === undefined ? { version: found.version } : { problem };
  } catch (error) {
    const { message } = error as Error;
    return { problem: error instanceof LibraryError ? message : `does not work (${message})` };
  }
};

const watch = startThread(new URL('probe-watch.js', import.meta.url));
watch.once('online', () => {
  writeSync(ANSWER, READY);
  writeSync(ANSWER, JSON.stringify(tryLibrary(process.argv[2] ?? '')));
  process.kill(process.pid, 'SIGKILL'); // nothing of the library is left to be done
});
