// Where a value lives besides, and what ended its other copies: each place with the steps between which it had it.

import { plural } from '../../src/base/words.js';
import type { PagePlace, PageValue } from '../../src/report/page-data.js';
import { memoryAsked, registerAsked } from '../model/places.js';
import type { Desk } from '../view/desk.js';
import { StepLink } from './step-link.js';

/** Most places of each kind that are listed. */
const MAX_LISTED = 12;

const askedOf = ({ row, size }: PagePlace, state: number): string =>
  row.startsWith('0x') ? memoryAsked(BigInt(row), size, state) : registerAsked(row, state);

/** The name of a place, as a button that asks about it. */
const PlaceName = ({ desk, place, state }: { desk: Desk; place: PagePlace; state: number }) => (
  <button type="button" class="asks" title={place.row} onClick={() => desk.ask(askedOf(place, state))}>
    {place.place}
  </button>
);

const Alive = ({ desk, place, state }: { desk: Desk; place: PagePlace; state: number }) => (
  <li>
    <PlaceName desk={desk} place={place} state={state} /> since{' '}
    <StepLink desk={desk} to={place.from}>
      {place.from}
    </StepLink>{' '}
    <span class="facts">{place.made}</span>
  </li>
);

const Ended = ({ desk, place }: { desk: Desk; place: PagePlace }) => (
  <li>
    <span class="lost">
      <span aria-hidden="true">† </span>
      {place.place}
    </span>{' '}
    until{' '}
    <StepLink desk={desk} to={place.until ?? 0}>
      {place.until}
    </StepLink>{' '}
    <span class="facts">{place.end}</span>
  </li>
);

/** Props of the lives. */
export interface LivesProps {
  readonly desk: Desk;
  readonly value: PageValue;
  /** The state that is asked about. */
  readonly state: number;
}

/** The lives of one value, as they stand in a state. */
export const Lives = ({ desk, value, state }: LivesProps) => {
  const { name, type, value: bits, also, places, omitted } = value;
  const alive = places.filter(({ from, until }) => from <= state && (until === null || until >= state));
  const ended = places.filter(({ until }) => until !== null && until < state).toReversed();
  const later = places.length - alive.length - ended.length;
  const left = Math.max(0, alive.length - MAX_LISTED) + Math.max(0, ended.length - MAX_LISTED) + omitted;
  return (
    <div class="lives">
      <h4>
        {name === '' ? 'A value without a name' : name} <span class="type">{type}</span> <code>{bits}</code>
      </h4>
      {also.length > 0 && <p class="facts">also {also.join(', ')}</p>}
      <p class="facts">
        {alive.length === 0
          ? 'It lives nowhere at this step.'
          : `It lives in ${plural(alive.length, 'place')}:`}
      </p>
      <ul>
        {alive.slice(0, MAX_LISTED).map((place, index) => (
          <Alive key={index} desk={desk} place={place} state={state} />
        ))}
      </ul>
      {ended.length > 0 && (
        <>
          <p class="facts">{plural(ended.length, 'place')} lost it:</p>
          <ul>
            {ended.slice(0, MAX_LISTED).map((place, index) => (
              <Ended key={index} desk={desk} place={place} />
            ))}
          </ul>
        </>
      )}
      {left > 0 && <p class="facts">… and {left} more places</p>}
      {later > 0 && <p class="facts">{plural(later, 'place')} will have it later.</p>}
    </div>
  );
};
