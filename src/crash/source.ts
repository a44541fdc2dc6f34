// Source lines of code addresses, from the line tables that the recording's symbols carry.

import type { Addr } from '../base/address.js';
import { lineAt } from '../kernel/symbols.js';
import type { Dump } from '../reading/dump.js';

/** `file: line` of the code at an address; the file alone where no source pins the line; otherwise `undefined`. */
export const sourceOf = ({ symbols }: Dump, address: Addr): string | undefined => {
  const location = symbols.findLocation(address);
  const rule = location && lineAt(location.symbol, location.offset);
  if (rule === undefined) return undefined;
  return rule.line === undefined ? rule.file : `${rule.file}: ${rule.line}`;
};
