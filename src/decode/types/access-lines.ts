// All memory operands of functions as lines of JSON, so that another program can hold the names against the debug
// information of the same kernel, or count how many there are. `inside` is where the base register points to, in the struct.

import type { Btf } from '../../image/btf.js';
import { placeOf } from '../code/code-piece.js';
import { FunctionTypes } from './function-types.js';
import type { FunctionCode } from './names.js';

/** @param shared what the functions of the module do with its fields */
export function* accessLines(
  functions: Iterable<FunctionCode>,
  btf: Btf,
  shared?: ConstructorParameters<typeof FunctionTypes>[2],
): Generator<string> {
  for (const code of functions) {
    const types = new FunctionTypes(code, btf, shared);
    for (const { code: at, base, size, named, whyNot } of types.accesses()) {
      const place = `0x${at.instruction.address.toString(16)}`;
      const text = at.instruction.text.replaceAll(/\s+/gu, ' ');
      const inside = named && named.offset - Number(BigInt.asIntN(64, at.operation.address!.displacement));
      yield JSON.stringify({
        function: code.name,
        at: placeOf(at),
        place,
        instruction: text,
        base,
        size,
        ...(named === undefined ? { whyNot } : { ...named, inside }),
      });
    }
  }
}
