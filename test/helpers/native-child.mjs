// Child process of native-cpu.ts: runs machine code on this CPU. Says where its memory is, then reads lines of JSON
// and answers each with one. A fault ends this process, not the test run.
import { createInterface } from 'node:readline';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const mmap = libc.func(
  'void *mmap(intptr_t address, size_t size, int prot, int flags, int fd, int64_t offset)',
);
const [NONE, READ, WRITE, EXEC] = [0, 1, 2, 4];
const [PRIVATE, FIXED, ANONYMOUS, NORESERVE] = [2, 0x10, 0x20, 0x4000];
const PAGE = 4096n;
const pageStart = (address) => address & -PAGE;

const map = (at, size, prot, flags) => {
  const address = BigInt(koffi.address(mmap(at, size, prot, PRIVATE | ANONYMOUS | flags, -1, 0)));
  if (address === 0xffffffffffffffffn) throw new Error('mmap failed');
  return address;
};
const view = (address, size) => new Uint8Array(koffi.view(address, size));

const DATA_SIZE = 16 * Number(PAGE);
const dataAddress = map(0n, DATA_SIZE, READ | WRITE, 0);
const data = view(dataAddress, DATA_SIZE);
const signature = koffi.proto('uint64_t code(uint64_t a, uint64_t b, uint64_t c)');
const functions = new Map();

const answers = {
  // One range is reserved for everything between the lowest and the highest address; the code's pages are mapped in it.
  place: ({ code }) => {
    const starts = code.map(({ at }) => pageStart(BigInt(at)));
    const ends = code.map(({ at, bytes }) => BigInt(at) + BigInt(bytes.length));
    const from = starts.reduce((low, at) => (at < low ? at : low));
    const to = ends.reduce((high, at) => (at > high ? at : high));
    const shift = map(0n, to - from + PAGE, NONE, NORESERVE) - from;
    const pages = new Set(
      starts.flatMap((start, index) => {
        const count = Number((ends[index] - start + PAGE - 1n) / PAGE);
        return Array.from({ length: count }, (_, page) => start + BigInt(page) * PAGE);
      }),
    );
    for (const page of pages) map(page + shift, PAGE, READ | WRITE | EXEC, FIXED);
    for (const { name, at, bytes } of code) {
      const address = BigInt(at) + shift;
      view(address, bytes.length).set(bytes);
      functions.set(name, koffi.decode(address, signature));
    }
    return {};
  },
  call: ({ name, memory, args }) => {
    data.fill(0);
    const bytes = Buffer.from(memory, 'base64');
    data.set(bytes, 0);
    const result = functions.get(name)(...args.map(BigInt));
    return {
      result: `0x${BigInt(result).toString(16)}`,
      memory: Buffer.from(data.subarray(0, bytes.length)).toString('base64'),
    };
  },
};

process.stdout.write(`${JSON.stringify({ data: `0x${dataAddress.toString(16)}` })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answers[request.do](request))}\n`);
}
