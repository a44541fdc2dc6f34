// The code that ran, for reading: functions with their source lines, and which instruction ran when.

import { hex } from '../base/address.js';
import type { Scene } from '../reading/scene.js';
import { PROVENANCE } from '../reading/words.js';
import { usesOf } from '../x86/disasm.js';
import { fetchCode } from '../x86/fetch.js';
import type { PageFunction, PageLine, PageSite, PageSource } from './page-data.js';

/** Most instructions of one function that are listed. */
export const MAX_LINES = 2000;

/** Most lines of one file of C. */
const MAX_SOURCE_LINES = 10_000;

// The code of a run.
interface Code {
  readonly functions: readonly PageFunction[];
  readonly sites: readonly PageSite[];
  readonly path: readonly number[];
  readonly sources: readonly PageSource[];
}

const usedBy = (scene: Scene, address: bigint): Pick<PageSite, 'reads' | 'writes'> => {
  const bytes = fetchCode(scene.memory, address);
  const uses = bytes.length === 0 ? [] : usesOf(bytes, address).registers;
  const names = (wanted: (typeof uses)[number][]): string[] => [...new Set(wanted.map(({ full }) => full))];
  return {
    reads: names(uses.filter(({ read }) => read)),
    writes: names(uses.filter(({ written }) => written)),
  };
};

// Files of C, each numbered when a line of it is first needed.
class Sources {
  readonly all: PageSource[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(private readonly scene: Scene) {}

  /** The line of C that the code at an address comes from, where its text is known. */
  lineOf(address: bigint): Pick<PageLine, 'c'> {
    const found = this.scene.sourceLine(address);
    if (found === undefined || found.text === null) return {};
    const { file, line } = found;
    const known = this.#numbers.get(file);
    if (known !== undefined) return { c: [known, line] };
    const lines = this.scene.recording.header.code?.text.find((one) => one.file === file)?.lines ?? [];
    this.#numbers.set(file, this.all.length);
    return { c: [this.all.push({ file, lines: lines.slice(0, MAX_SOURCE_LINES) }) - 1, line] };
  }
}

/** Every function that ran, in the order in which they first did. */
export const pageCode = (scene: Scene): Code => {
  const { symbols, sites, siteAt } = scene.navigator;
  const functions: PageFunction[] = [];
  const sources = new Sources(scene);
  const indices = new Map<string, number>();
  const functionOf = (address: bigint): number => {
    const symbol = symbols.findLocation(address)?.symbol;
    if (symbol === undefined) return -1;
    const known = indices.get(symbol.name);
    if (known !== undefined) return known;
    const lines = scene.codeOf(symbol).slice(0, MAX_LINES);
    if (lines.length === 0) return -1;
    indices.set(symbol.name, functions.length);
    return (
      functions.push({
        name: symbol.name,
        address: hex(symbol.address),
        lines: lines.map(({ offset, address: at, bytes, text, source, provenance }): PageLine => ({
          offset,
          bytes: Buffer.from(bytes).toString('hex'),
          text: text.replaceAll(/ {2,}/gu, ' ').trim(),
          source: source ?? null,
          ...sources.lineOf(at),
          provenance: provenance === undefined ? null : PROVENANCE[provenance],
        })),
      }) - 1
    );
  };
  return {
    functions,
    path: [...siteAt],
    sites: sites.map(({ address, text }) => {
      const index = functionOf(address);
      const start = functions[index]?.address;
      const offset = start === undefined ? -1 : Number(address - BigInt(start));
      const line = functions[index]?.lines.findIndex((one) => one.offset === offset) ?? -1;
      return {
        at: symbols.formatLocation(address),
        text,
        function: line < 0 ? -1 : index,
        line,
        ...usedBy(scene, address),
      };
    }),
    sources: sources.all,
  };
};
