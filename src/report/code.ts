// The code that ran, for reading: functions with their source lines, and which instruction ran when.

import { hex } from '../base/address.js';
import type { Scene } from '../reading/scene.js';
import { PROVENANCE } from '../reading/words.js';
import type { PageFunction, PageLine, PageSite } from './page-data.js';

/** Most instructions of one function that are listed. */
export const MAX_LINES = 2000;

// The code of a run.
interface Code {
  readonly functions: readonly PageFunction[];
  readonly sites: readonly PageSite[];
  readonly path: readonly number[];
}

/** Every function that ran, in the order in which they first did. */
export const pageCode = (scene: Scene): Code => {
  const { symbols, sites, siteAt } = scene.navigator;
  const functions: PageFunction[] = [];
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
        lines: lines.map(({ offset, bytes, text, source, provenance }): PageLine => ({
          offset,
          bytes: Buffer.from(bytes).toString('hex'),
          text: text.replaceAll(/ {2,}/gu, ' ').trim(),
          source: source ?? null,
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
      return { at: symbols.formatLocation(address), text, function: line < 0 ? -1 : index, line };
    }),
  };
};
