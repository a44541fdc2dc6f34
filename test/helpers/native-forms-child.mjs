// Child process of native-forms.ts: runs code on this CPU from states and memory that are given, and says what the CPU did.
// Its memory has the pages of form-memory.ts.
import { createInterface } from 'node:readline';
import { control, enter, map, protect, setGsBase, words } from './native-stubs.mjs';

const PAGE = 4096;
const FLAGS = 0x600 / 8; // in words
const MOST_CHANGES = 64; // bytes that are told one by one

let code;
let pages = []; // { at, bytes, isWritable }
let pristine = [];

const prepare = ({ code: { at, bytes }, pages: wanted }) => {
  const digits = Buffer.from(bytes, 'base64');
  code = map(at, Math.ceil(digits.length / PAGE) * PAGE);
  code.set(digits);
  pages = wanted.map((page) => ({ ...page, bytes: map(page.at, PAGE, 3) }));
  pristine = wanted.map(({ fill }) => Buffer.from(fill, 'base64'));
  for (const [index, { at: start, bytes: own, isWritable }] of pages.entries()) {
    own.set(pristine[index]);
    if (!isWritable) protect(start, PAGE);
  }
  words[0x700 / 8] = 0x1f80n;
};

const changesOf = () => {
  const changes = [];
  for (const [index, { at, bytes, isWritable }] of pages.entries()) {
    if (!isWritable || Buffer.compare(bytes, pristine[index]) === 0) continue;
    for (let offset = 0; offset < PAGE; offset += 1)
      if (bytes[offset] !== pristine[index][offset]) changes.push([at + offset, bytes[offset]]);
    bytes.set(pristine[index]);
  }
  return changes;
};

// `state`: rax, rbx, … as ENTER takes them, RSP, RFLAGS, RIP, the base of GS; words
const run = ({ state, pokes }) => {
  const given = new BigUint64Array(Uint8Array.from(Buffer.from(state, 'base64')).buffer);
  for (const [at, bytes] of pokes)
    for (const page of pages) {
      const offset = at - page.at;
      if (!page.isWritable || offset <= -bytes.length || offset >= PAGE) continue;
      for (const [index, byte] of bytes.entries())
        if (offset + index >= 0 && offset + index < PAGE) page.bytes[offset + index] = byte;
    }
  words.set(given.subarray(0, 15), 0x400 / 8);
  words[FLAGS] = given[17];
  words[FLAGS + 1] = 0x33n; // user code
  words[FLAGS + 2] = given[16];
  words[FLAGS + 3] = given[15];
  words[FLAGS + 4] = 0x2bn; // user data
  setGsBase(given[18]);
  enter();
  const changes = changesOf();
  return {
    signal: Number(words[1]),
    saved: Buffer.from(control.subarray(0x100, 0x100 + 23 * 8)).toString('base64'),
    changes: changes.slice(0, MOST_CHANGES),
    count: changes.length,
  };
};

process.stdout.write('"ready"\n');
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.runs === undefined) prepare(request);
  else process.stdout.write(`${JSON.stringify(request.runs.map(run))}\n`);
}
