// One value: every place that had it, how it got there and what ended it.

import { plural } from '../../src/base/words.js';
import type { PageValue } from '../../src/report/page-data.js';
import type { Desk } from './desk.js';
import { Jump } from './jump.js';

/** The biography. */
export const Biography = ({ desk, value }: { desk: Desk; value: PageValue }) => {
  const { name, type, value: bits, also, places, omitted } = value;
  const isHere = (from: number, until: number | null): boolean =>
    from <= desk.at && (until === null || until >= desk.at);
  const alive = places.filter(({ from, until }) => isHere(from, until)).length;
  return (
    <div class="biography">
      <h2>
        {name} <span class="type">{type}</span> <code>{bits}</code>
        <button type="button" class="close" onClick={() => desk.follow(undefined)}>
          follow no value
        </button>
      </h2>
      <p class="facts">
        {also.length > 0 && <>also {also.join(', ')}; </>}
        {alive === 0 ? 'nowhere at this step' : `in ${plural(alive, 'place')} at this step`}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">place</th>
            <th scope="col">from</th>
            <th scope="col">until</th>
          </tr>
        </thead>
        <tbody>
          {places.map(({ place, from, made, until, end, how }, index) => (
            <tr key={index} class={isHere(from, until) ? 'alive' : ''}>
              <th scope="row">
                <span aria-hidden="true">{isHere(from, until) ? '● ' : '○ '}</span>
                {place}
                {isHere(from, until) && <span class="hidden">, has it now</span>}
              </th>
              <td>
                <Jump desk={desk} to={from} label={`Go to step ${from}`}>
                  {from}
                </Jump>{' '}
                {made}
              </td>
              <td>
                {until !== null && (
                  <>
                    <Jump desk={desk} to={until} label={`Go to step ${until}`}>
                      {until}
                    </Jump>{' '}
                  </>
                )}
                {how !== null && <span aria-hidden="true">× </span>}
                {end}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {omitted > 0 && <p class="none">… and {omitted} more places</p>}
    </div>
  );
};
