import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, decodeOne, usesOf } from '../../src/x86/disasm.js';
import { loadRelease } from '../../src/release/snippet.js';

const golden = (name: string): string => readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8');
const release = loadRelease();
const snippet = (name: string) => release.findSnippet(name)!;
const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text.split(' '), (word) => Number.parseInt(word, 16));
const one = (text: string) => decodeOne(bytesOf(text), 0xffffffff81000000n);

describe('the listings of the crashed machine', () => {
  it('shm_close is printed as crash printed it', () => {
    const printed = golden('dis-lr-shm_close.txt')
      .split('\n')
      .filter((line) => line.startsWith('0x'));
    const found = decode(snippet('shm_close').bytes, snippet('shm_close').start, release.symbols)
      .slice(0, printed.length)
      .map(({ address, text }) => {
        const offset = Number(address - snippet('shm_close').start);
        return `0x${address.toString(16)} <shm_close${offset === 0 ? '' : `+${offset}`}>:\t${text}`;
      });

    expect(found).toEqual(printed);
  });

  it('remove_vma is printed as the slide abridges it', () => {
    const printed = golden('dis-remove_vma.txt').trimEnd().split('\n');
    const { start, bytes } = snippet('remove_vma');
    const found = decode(bytes, start, release.symbols)
      .slice(0, printed.length)
      .map(({ address, text }) => {
        const offset = Number(address - start);
        const short = text.replace(/\s+/gu, ' ').replace(/0x[0-9a-f]{16} (?=<)/u, '');
        return `<remove_vma${offset === 0 ? '' : `+${offset}`}>: ${short}`;
      });

    expect(found).toEqual(printed);
  });

  it('the Code: line decodes as decodecode did, false first instruction and cut tail included', () => {
    const listing = golden('decodecode.txt').split('\n');
    const code = listing[0]!.replace('Code: ', '').replace(/[<>]/gu, '');
    const printed = listing
      .flatMap((line) => /^ *([0-9a-f]+):\*?\t[0-9a-f ]+\t(.*)$/u.exec(line)?.slice(1, 3) ?? [])
      .map((part) => part.replace(/ +<-- trapping instruction/u, ''));
    const found = decode(bytesOf(code), 0n).flatMap(({ address, text }) => [address.toString(16), text]);

    expect(found).toEqual(printed);
  });
});

describe('every snippet', () => {
  for (const { name, bytes, start, manifest } of release.snippets) {
    it(`${name}: instructions tile the bytes and its calls are the manifest's`, () => {
      const instructions = decode(bytes, start, release.symbols);

      expect(instructions.reduce((sum, { length }) => sum + length, 0)).toBe(bytes.length);
      expect(instructions.filter(({ flow }) => flow === 'bad')).toEqual([]);
      expect(
        instructions.flatMap(({ flow, address, target }) =>
          flow === 'call' ? [{ at: Number(address - start), to: target! }] : [],
        ),
      ).toEqual(manifest.calls.map(({ at, to }) => ({ at, to })));
      for (const { to, symbol } of manifest.calls) expect(release.symbols.symbol(symbol).address).toBe(to);
    });
  }
});

describe('decoding', () => {
  it('turns any bytes into instructions that tile them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const instructions = decode(bytes, 0xffffffff81000000n);
        expect(instructions.flatMap((instruction) => [...instruction.bytes])).toEqual([...bytes]);
      }),
      { numRuns: 300 },
    );
  });

  it('gives (bad) for a byte that is not an instruction, and continues after it', () => {
    expect(decode(bytesOf('06 90'), 0n).map(({ text, flow }) => [text, flow])).toEqual([
      ['(bad)', 'bad'],
      ['nop', 'next'],
    ]);
  });

  it.each([
    ['66 0f 1f 44 00 00', 'nopw   0x0(%rax,%rax,1)'],
    ['65 48 8b 04 25 00 a6 00 00', 'mov    %gs:0xa600,%rax'],
    ['f0 48 0f c1 10', 'lock xadd %rdx,(%rax)'],
    ['c3', 'retq'],
    ['ff e0', 'jmpq   *%rax'],
    ['0f 0b', 'ud2'],
    ['48 83 de ff', 'sbb    $0xffffffffffffffff,%rsi'],
    ['41 8d 50 fa', 'lea    -0x6(%r8),%edx'],
  ])('%s is %s', (bytes, text) => {
    expect(one(bytes).text).toBe(text);
  });

  it('knows where execution goes', () => {
    expect(one('76 0a')).toMatchObject({ flow: 'conditional jump', target: 0xffffffff8100000cn });
    expect(one('eb fe')).toMatchObject({ flow: 'jump', target: 0xffffffff81000000n });
    expect(one('ff d0').flow).toBe('indirect call');
    expect(one('0f 0b').flow).toBe('trap');
    expect(one('c3').flow).toBe('return');
  });
});

describe('what an instruction uses', () => {
  it('a load reads its base and writes its destination', () => {
    expect(usesOf(bytesOf('48 8b 98 a0 00 00 00'), 0n)).toEqual({
      registers: [
        { register: 'rbx', full: 'rbx', read: false, written: true, may: false },
        { register: 'rax', full: 'rax', read: true, written: false, may: false },
      ],
      memory: [
        { base: 'rax', scale: 1, displacement: 0xa0n, size: 8, read: true, written: false, may: false },
      ],
    });
  });

  it('a 32-bit load writes the whole register', () => {
    const { registers } = usesOf(bytesOf('8b 33'), 0n);
    expect(registers.filter(({ written }) => written).map(({ register }) => register)).toEqual(['rsi']);
  });

  it('a per-CPU load names its segment, a push its stack word, a RIP-relative load its address', () => {
    expect(usesOf(bytesOf('65 48 8b 04 25 00 a6 00 00'), 0n).memory[0]).toMatchObject({
      segment: 'gs',
      displacement: 0xa600n,
    });
    expect(usesOf(bytesOf('55'), 0n).memory[0]).toMatchObject({ base: 'rsp', size: 8, written: true });
    expect(usesOf(bytesOf('48 8b 3d 10 00 00 00'), 0x1000n).memory[0]).toMatchObject({
      displacement: 0x1017n,
    });
  });

  it('is empty for bytes that are not an instruction', () => {
    expect(usesOf(bytesOf('06'), 0n)).toEqual({ registers: [], memory: [] });
  });
});
