// Statements that rest on reconstructed bytes are no more than likely: they are compared with those that the other bytes
// alone give.

import { listOf } from '../../base/words.js';
import { type Analysis, weaker } from '../code/analysis.js';
import { isReconstructed } from '../code/code-piece.js';
import type { Claim, Statement } from '../code/statement.js';

// What is read from code and its ways; the others come from the report.
const OF_CODE: ReadonlySet<Claim['kind']> = new Set([
  'written',
  'unwritten',
  'holds',
  'kept',
  'pushed',
  'stored',
  'return-address',
  'guarded',
  'went',
  'rip-from',
]);

const keyOf = ({ about, claim }: Statement): string =>
  JSON.stringify([about, claim], (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));

// What an instruction needs and does comes from the code, too.
const OF_TRAP: ReadonlySet<Claim['kind']> = new Set([
  'accesses',
  'bad-operand',
  'asserts',
  'boundaries',
  'contradiction',
]);

/** What rests on a byte that is not in the text is no more than likely. */
export const restored = (one: Statement): Statement =>
  OF_CODE.has(one.claim.kind) ||
  OF_TRAP.has(one.claim.kind) ||
  (one.claim.kind === 'trap-means' && one.claim.topic !== 'page-fault')
    ? { ...one, sure: weaker(one.sure, 'likely') }
    : one;

/** The functions with reconstructed instructions that can lead to the trap. */
const restsOn = ({ graph, feasible }: Analysis): string[] => [
  ...new Set(
    graph.nodes
      .filter(({ id, code }) => feasible.before.has(id) && isReconstructed(code))
      .map(({ code }) => code.piece.symbol ?? 'the function'),
  ),
];

/**
 * What makes statements as sure as the bytes that they rest on.
 *
 * @param all the analysis of all bytes, which the statements are of
 * @param trusted the analysis of the bytes that are not reconstructed, and the statements that it gives
 */
export const weighing = (
  all: Analysis,
  trusted: Analysis,
  {
    trap,
    way,
    registers,
    stack,
  }: Readonly<Record<'trap' | 'way' | 'registers' | 'stack', readonly Statement[]>>,
): ((one: Statement) => Statement) | undefined => {
  const names = restsOn(all);
  if (names.length === 0) return undefined;
  // A function that is known in part may be reconstructed on the way.
  const kept = restsOn(trusted).length > 0 ? [] : [...trap, ...way, ...registers, ...stack];
  const sureOf = new Map(kept.map((one) => [keyOf(one), one.sure]));
  return (one) => {
    if (!OF_CODE.has(one.claim.kind)) return one;
    const key = keyOf(one);
    const sure = sureOf.get(key);
    if (sure !== undefined) return { ...one, sure: weaker(one.sure, sure) };
    // The functions that it speaks of, where it does.
    const named = names.filter((name) => key.includes(`"${name}+0x`));
    const because = `rests on reconstructed bytes of ${listOf(named.length > 0 ? named : names)}`;
    return { ...one, sure: weaker(one.sure, 'likely'), because: [...one.because, because] };
  };
};
