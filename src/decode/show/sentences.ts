// Statements as sentences: equal ones about several registers become one.

import { hex } from '../../base/address.js';
import { GIVEN } from '../explain/register-statements.js';
import type { Statement } from '../code/statement.js';
import type { RegisterRole } from '../read/report.js';
import type { Sentence } from './blocks.js';
import { isShared, sayClaim } from './claims.js';

/** Values of a claim as JSON has them: addresses and values are `0x…`. */
export const jsonOf = (value: unknown): unknown => {
  if (typeof value === 'bigint') return hex(BigInt.asUintN(64, value));
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null) return value;
  // A distance has a sign, a value has none.
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === 'plus' && typeof one === 'bigint' ? Number(BigInt.asIntN(64, one)) : jsonOf(one),
    ]),
  );
};

// The reasons of a look are the values themselves, which differ where the look does not.
const reasonsOf = ({ claim, because }: Statement): readonly string[] =>
  claim.kind === 'looks-like' ? [] : because.filter((reason) => reason !== GIVEN);

const keyOf = (statement: Statement): string =>
  JSON.stringify(jsonOf({ sure: statement.sure, claim: statement.claim, because: reasonsOf(statement) }));

/** Statements as sentences, in the order of the first of each kind. @param role of the registers that they are about */
export const sentencesOf = (statements: readonly Statement[], role?: RegisterRole): Sentence[] => {
  const groups = new Map<string, Statement[]>();
  for (const [index, statement] of statements.entries()) {
    const key = isShared(statement.claim) ? keyOf(statement) : `${index}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [statement]);
    else group.push(statement);
  }
  return [...groups.values()].map((group) => {
    const [first] = group as [Statement, ...Statement[]];
    const reasons = reasonsOf(first);
    const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
    return {
      sure: first.sure,
      text: `${sayClaim(
        first.claim,
        group.map(({ about }) => about),
        role,
      )}${why}`,
    };
  });
};
