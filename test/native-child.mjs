// Child process of native.test.ts: runs machine code on this CPU. Reads lines of JSON, answers each with one.
// A fault ends this process, not the test run.
import { createInterface } from 'node:readline';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const mmap = libc.func(
  'void *mmap(intptr_t address, size_t size, int prot, int flags, int fd, int64_t offset)',
);
const [READ, WRITE, EXEC, PRIVATE, ANONYMOUS] = [1, 2, 4, 2, 0x20];
const PAGE = 4096;

const map = (pages, executable) => {
  const at = mmap(0, pages * PAGE, READ | WRITE | (executable ? EXEC : 0), PRIVATE | ANONYMOUS, -1, 0);
  const address = BigInt(koffi.address(at));
  if (address === 0xffffffffffffffffn) throw new Error('mmap failed');
  return { address, view: new Uint8Array(koffi.view(at, pages * PAGE)) };
};

const text = map(1, true);
const data = map(16, false);
const signature = koffi.proto('uint64_t code(uint64_t a, uint64_t b, uint64_t c)');
const functions = new Map();
let end = 0;

const answers = {
  load: ({ name, bytes }) => {
    text.view.set(bytes, end);
    functions.set(name, koffi.decode(text.address + BigInt(end), signature));
    end += (bytes.length + 15) & ~15;
    return { data: `0x${data.address.toString(16)}` };
  },
  call: ({ name, memory, args }) => {
    data.view.fill(0);
    const bytes = Buffer.from(memory, 'base64');
    data.view.set(bytes, 0);
    const result = functions.get(name)(...args.map(BigInt));
    return {
      result: `0x${BigInt(result).toString(16)}`,
      memory: Buffer.from(data.view.subarray(0, bytes.length)).toString('base64'),
    };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answers[request.do](request))}\n`);
}
