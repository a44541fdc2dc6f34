// A stale pointer as an arrow: from what it was made for to what lies there now.

import type { Stale } from '../model/stale.js';
import type { Desk } from '../view/desk.js';

/** The arrow; a button that shows what lies there. */
export const StaleArrow = ({ inspect, stale }: { inspect: Desk['inspect']; stale: Stale }) => {
  const { was, freed, now, address } = stale;
  return (
    <button
      type="button"
      class={`stale ${now === undefined ? 'gone' : 'reused'}`}
      title={`It points to ${was}, which is freed since step ${freed}; ${now === undefined ? 'nobody has the memory now' : `${now} has the memory now`}`}
      onClick={() => inspect(address)}
    >
      <span class="hidden">stale: </span>
      <s>{was}</s> <span aria-hidden="true">⇢</span>
      <span class="hidden">, freed since step {freed}, now</span> {now ?? 'freed'}
    </button>
  );
};
