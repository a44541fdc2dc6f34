// Graphs of functions of two real kernels: how many are complete, and whether a second disassembler sees the same ways.
// With OOPSLAB_FULL=1 2,000 functions of each.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGraph } from '../../src/decode/code/code-graph.js';
import { type CodePiece, decodePiece } from '../../src/decode/code/code-piece.js';
import { ImageFunctions } from '../../src/decode/code/image-functions.js';
import type { KernelImage } from '../../src/image/kernel-image.js';
import { openKernel } from '../../src/installed/open-kernel.js';
import { numbers } from '../helpers/kernel-instructions.js';
import { NEEDS_KERNEL, kernelPackage } from '../helpers/kernel-packages.js';

const isFull = process.env['OOPSLAB_FULL'] === '1';
const COUNT = isFull ? 2000 : 150;
const COMPARED = isFull ? 200 : 30;

const functionsOf = (image: KernelImage, count: number, seed: number) => {
  const text = image.section('.text')!;
  const end = text.address + BigInt(text.size);
  const all = image
    .symbols()
    .all.filter(
      ({ name, isCode, size, at }) =>
        isCode &&
        size > 0 &&
        at >= text.address &&
        at < end &&
        !/^__pfx_|\.cold|^__SCT__|^__x86_/u.test(name),
    );
  const random = numbers(seed);
  return Array.from({ length: count }, () => all[Math.floor(random() * all.length)]!);
};

interface Ways {
  readonly starts: Set<bigint>;
  /** `from to` of each way between two instructions of the function. */
  readonly ways: Set<string>;
}

// What objdump prints of the same bytes, read by itself: where instructions start, and where each goes on.
const byObjdump = (folder: string, { address, bytes }: CodePiece): Ways => {
  const file = join(folder, 'code.bin');
  writeFileSync(file, bytes);
  const { status, stdout } = spawnSync(
    'objdump',
    [
      '-D',
      '-b',
      'binary',
      '-m',
      'i386:x86-64',
      '--no-show-raw-insn',
      `--adjust-vma=0x${address.toString(16)}`,
      file,
    ],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  expect(status).toBe(0);
  const lines = [...stdout.matchAll(/^ *([0-9a-f]+):\t(.*)$/gmu)].map(
    ([, at, text]) => [BigInt(`0x${at!}`), text!.trim()] as const,
  );
  const starts = new Set(lines.map(([at]) => at));
  const ways = new Set<string>();
  const end = address + BigInt(bytes.length);
  lines.forEach(([at, text], index) => {
    const plain = text.replace(/^(?:(?:cs|ds|bnd|notrack|data16|rex\S*) )+/u, '');
    const target = /^(?:j\w+|loop\w*)(?:,p[nt])? +0x([0-9a-f]+)/u.exec(plain)?.[1];
    const next = lines[index + 1]?.[0];
    if (target !== undefined) {
      const to = BigInt(`0x${target}`);
      if (to >= address && to < end) ways.add(`${at} ${to}`);
    }
    const stops = /^(?:jmp|ret|ud2|hlt|iret|\(bad\)|int3)/u.test(plain);
    const followed = plain.startsWith('call') && lines[index + 1]?.[1] === 'int3';
    if (!stops && !followed && next !== undefined) ways.add(`${at} ${next}`);
  });
  return { starts, ways };
};

// The same of a graph: what only a table says, and BUG() and WARN(), which the bytes do not tell apart, left out.
const byGraph = (piece: CodePiece): Ways => {
  const { nodes } = buildGraph({ chain: [{ piece, at: 0 }] });
  const inside = nodes.filter(({ code }) => code.piece.address === piece.address);
  const addressOf = (id: number): bigint => piece.address + BigInt(nodes[id]!.code.at);
  const ways = new Set<string>();
  for (const { id, code, next } of inside)
    for (const to of next)
      if (
        nodes[to]!.code.piece.address === piece.address &&
        !/^(?:ud|int3|hlt)/u.test(code.operation.name) &&
        addressOf(id) !== addressOf(to)
      )
        ways.add(`${addressOf(id)} ${addressOf(to)}`);
  return { starts: new Set(inside.map(({ id }) => addressOf(id))), ways };
};

for (const series of ['6.1', '6.12'] as const) {
  const packed = kernelPackage(series);
  describe.skipIf(packed === undefined)(`functions of Linux ${series} ${NEEDS_KERNEL}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'oopslab-graphs-'));
    let image: KernelImage;
    let functions: ImageFunctions;
    beforeAll(async () => {
      const found = await openKernel([packed!.tree], { release: packed!.release, modules: [] });
      image = found.image!;
      functions = new ImageFunctions(image);
    }, 120_000);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it(`have complete graphs, 97 of 100 of them at least`, { timeout: 300_000 }, () => {
      const asked = functionsOf(image, COUNT, 1);
      const gaps = new Map<string, string[]>();
      for (const { at, name } of asked) {
        const piece = functions.startingAt(at);
        // Some bytes of thunks are meant to be read from their middle.
        const graph =
          piece && decodePiece(piece).has(0) ? buildGraph({ chain: [{ piece, at: 0 }] }) : undefined;
        for (const gap of graph?.gaps ?? ['no code'])
          gaps.set(gap.replaceAll(name, 'F'), [...(gaps.get(gap.replaceAll(name, 'F')) ?? []), name]);
      }
      const incomplete = new Set([...gaps.values()].flat()).size;
      if (isFull)
        console.log(`${series}: ${COUNT - incomplete} of ${COUNT} complete`, Object.fromEntries(gaps));
      expect((COUNT - incomplete) / COUNT, JSON.stringify(Object.fromEntries(gaps))).toBeGreaterThanOrEqual(
        0.97,
      );
    });

    it('have the instructions and ways that objdump sees', { timeout: 300_000 }, () => {
      for (const { at, name } of functionsOf(image, COMPARED, 2)) {
        const piece = functions.startingAt(at);
        if (piece === undefined) continue;
        const other = byObjdump(folder, piece);
        const own = byGraph(piece);
        expect(
          [...own.starts].filter((start) => !other.starts.has(start)),
          name,
        ).toEqual([]);
        expect(
          [...other.starts].filter((start) => !own.starts.has(start)),
          name,
        ).toEqual([]);
        // A table may add ways: the other of a jump label, the one around an alternative.
        expect(
          [...other.ways].filter((way) => !own.ways.has(way)),
          name,
        ).toEqual([]);
        const tabled = new Set(
          image
            .sites()
            .filter((site) => site.at >= at && site.at < at + BigInt(piece.bytes.length))
            .map((site) => site.at),
        );
        const more = [...own.ways].filter((way) => !other.ways.has(way));
        expect(
          more.filter(
            (way) =>
              !tabled.has(BigInt(way.split(' ')[0]!)) && !image.handlers().has(BigInt(way.split(' ')[0]!)),
          ),
          name,
        ).toEqual([]);
      }
    });
  });
}
