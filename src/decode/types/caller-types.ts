// What registers still hold of the callers: a register that the trapping function has not written has the value that it had
// at the call, and the types of the caller say what that is.

import type { Btf } from '../../image/btf.js';
import { REGISTERS, REGISTER_INDEX } from '../../x86/registers.js';
import type { Analysis, Link } from '../code/analysis.js';
import type { CodePiece } from '../code/code-piece.js';
import { ImageFunctions } from '../code/image-functions.js';
import { FunctionTypes } from './function-types.js';
import { ImageNames } from './image-names.js';
import type { NamedValue } from './trap-types.js';

const GENERAL = REGISTERS.slice(0, 16);

// The link of the chain whose function, or a part of it, a piece is; -1 for functions that were called and came back.
const linkOf = (chain: readonly Link[], piece: CodePiece): number =>
  chain.findIndex(({ piece: own }) => own === piece || own.parts?.includes(piece) === true);

/**
 * Registers with values of callers, the innermost caller first that says a type.
 *
 * @param chain from the outermost caller to the trapping function
 * @param functions the image as it lay
 * @param known registers whose type the trapping function itself says
 */
export const callerTypes = (
  { graph, state }: Analysis,
  chain: readonly Link[],
  functions: ImageFunctions,
  btf: Btf,
  known: ReadonlySet<string>,
): NamedValue[] => {
  if (state === undefined) return [];
  const linked = new ImageFunctions(functions.image);
  const names = new ImageNames(linked);
  const typed = new Map<Link, FunctionTypes | undefined>();
  const typesOf = (link: Link): FunctionTypes | undefined => {
    if (!typed.has(link)) {
      const piece = linked.startingAt(functions.placeOf(link.piece.address));
      typed.set(link, piece && new FunctionTypes(names.of(piece), btf));
    }
    return typed.get(link);
  };
  return GENERAL.flatMap((where, register): NamedValue[] => {
    if (register === REGISTER_INDEX.rsp || known.has(where)) return [];
    // The innermost function of the chain that may have written it last.
    let innermost = -1;
    for (const writer of state.registers[register]!.writers) {
      if (writer < 0) continue;
      const node = graph.nodes[writer]!;
      const link = node.site === undefined ? linkOf(chain, node.code.piece) : chain.length;
      innermost = Math.max(innermost, link < 0 ? chain.length : link);
    }
    for (let index = chain.length - 2; index >= Math.max(0, innermost); index -= 1) {
      const link = chain[index]!;
      const place = functions.placeOf(link.piece.address + BigInt(link.at - link.piece.offset));
      const value = typesOf(link)?.register(place, register);
      if (value !== undefined && 'text' in value && link.piece.symbol !== undefined)
        return [{ where, value, of: link.piece.symbol }];
    }
    return [];
  });
};
