// The names that types through code give to the memory operands of an image.
import { ImageFunctions } from '../../src/decode/code/image-functions.js';
import { accessLines } from '../../src/decode/types/access-lines.js';
import { ImageNames } from '../../src/decode/types/image-names.js';
import { SharedTypes } from '../../src/decode/types/shared.js';
import type { Btf } from '../../src/image/btf.js';
import type { KernelImage } from '../../src/image/kernel-image.js';
import { type Line, randomFrom } from './judge.js';

// Made from macros for each tracepoint; and what the compiler took out of a function comes with it.
const LEFT_OUT =
  /^(?:perf_trace_|trace_event_raw_|trace_raw_output_|__traceiter_|__bpf_trace_|__pfx_)|\.cold(?:\.\d+)?$/u;

/** @param all as many as are there, without it @returns lines, and of how many functions */
export const linesOf = (
  image: KernelImage,
  btf: Btf,
  { sample, seed = 1 }: { readonly sample?: number; readonly seed?: number } = {},
): { readonly functions: number; readonly lines: Line[] } => {
  const functions = new ImageNames(new ImageFunctions(image));
  const names = new Set<string>();
  for (const { name, isCode, size, at } of image.symbols().all) {
    const isText = !image.elf.isRelocatable || image.sectionOf(at)?.name.startsWith('.text') === true;
    if (isCode && size > 0 && isText && !LEFT_OUT.test(name) && btf.find('function', name) !== undefined)
      names.add(name);
  }
  const left = [...names];
  const chosen: string[] = [];
  const random = randomFrom(seed);
  if (sample === undefined || sample >= left.length) chosen.push(...left);
  else
    while (chosen.length < sample) {
      const [name] = left.splice(Math.floor(random() * left.length), 1);
      chosen.push(name!);
    }
  const codes = (all: readonly string[]) => all.flatMap((name) => functions.named(name) ?? []);
  // Of a module its functions together, of a kernel each by itself.
  const shared = image.elf.isRelocatable ? new SharedTypes(btf) : undefined;
  if (shared !== undefined) for (const code of codes([...names])) shared.add(code);
  const options = shared === undefined ? {} : { shared: shared.of };
  const lines: Line[] = [];
  for (const line of accessLines(codes(chosen), btf, options)) lines.push(JSON.parse(line) as Line);
  return { functions: chosen.length, lines };
};
