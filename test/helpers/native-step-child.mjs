// Child process of native-step.ts: runs single instructions on this CPU, each from the same state, and says what the CPU did.
// The trap flag ends each after one instruction.
import { createInterface } from 'node:readline';
import { control, enter, map, words } from './native-stubs.mjs';

const CODE = 0x61000000;
const DATA = 0x62000000;
const DATA_SIZE = 4096;

const code = map(CODE, 1 << 20);
const data = map(DATA, DATA_SIZE);

const SLOT = 32;
const RESULT = 8 + 23 * 8 + 256 + 8 + (DATA_SIZE / 4096) * 8;

// FNV-1a over words
const digest = (bytes) => {
  const view = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let hash = 0x811c9dc5;
  for (const word of view) hash = Math.imul(hash ^ word, 0x01000193);
  return hash >>> 0;
};

// state: 15 registers without RSP, RSP, RFLAGS (words), 16 XMM registers; then the data page
const step = ({ state, codes }) => {
  const start = Buffer.from(state, 'base64');
  const given = new BigUint64Array(Uint8Array.from(start.subarray(0, 136)).buffer);
  const page = start.subarray(136 + 256);
  const slots = Buffer.from(codes, 'base64');
  code.set(slots);
  const count = slots.length / SLOT;
  const results = Buffer.alloc(count * RESULT);
  words.set(given.subarray(0, 15), 0x400 / 8);
  control.set(start.subarray(136, 136 + 256), 0x500);
  words[0x700 / 8] = 0x1f80n;
  for (let index = 0; index < count; index += 1) {
    data.set(page);
    words[0x600 / 8] = BigInt(CODE + index * SLOT);
    words[0x608 / 8] = 0x33n; // user code
    words[0x610 / 8] = given[16] | 0x100n; // with TF
    words[0x618 / 8] = given[15];
    words[0x620 / 8] = 0x2bn; // user data
    enter();
    const at = index * RESULT;
    results.set(control.subarray(8, 16), at);
    results.set(control.subarray(0x100, 0x100 + 184), at + 8);
    results.set(control.subarray(0x200, 0x200 + 256), at + 192);
    results.set(control.subarray(0x300, 0x308), at + 448);
    results.writeUInt32LE(digest(data), at + 456);
  }
  return results.toString('base64');
};

process.stdout.write('"ready"\n');
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(step(JSON.parse(line)))}\n`);
