// A text with several reports: in groups of one signature, each report a button.

import { escapeInLine } from '../../src/base/visible-text.js';
import type { Decoded } from '../model/decoded.js';

const MOST = 24; // buttons of one group

/** The groups. @param number of the report that is shown, from 1 */
export const Overview = ({
  decoded,
  number,
  onShow,
}: {
  decoded: Decoded;
  number: number;
  onShow: (number: number) => void;
}) => {
  const { reports, groups } = decoded.document;
  return (
    <section class="overview" aria-labelledby="overview">
      <h2 id="overview">
        {reports.length} reports in {groups.length} {groups.length === 1 ? 'group' : 'groups'}
      </h2>
      <ul>
        {groups.map(({ signature, title, reports: members }) => {
          const shown = members.slice(0, MOST);
          const rest = members.slice(MOST);
          return (
            <li key={signature}>
              <span class="title">{escapeInLine(title)}</span>
              <span class="members" role="group" aria-label="Reports of this group">
                {shown.map((index) => (
                  <button
                    type="button"
                    key={index}
                    aria-pressed={number === index + 1}
                    onClick={() => onShow(index + 1)}
                  >
                    <span class="hidden">report </span>
                    {index + 1}
                    {decoded.first === index + 1 && ' · read first'}
                    {reports[index]?.consequenceOf != null &&
                      ` · follows from ${(reports[index]?.consequenceOf?.report ?? 0) + 1}`}
                  </button>
                ))}
                {rest.length > 0 && (
                  <label>
                    and {rest.length} more{' '}
                    <select
                      value={rest.includes(number - 1) ? String(number) : ''}
                      onChange={(event) => onShow(Number(event.currentTarget.value))}
                    >
                      <option value="" disabled>
                        …
                      </option>
                      {rest.map((index) => (
                        <option key={index} value={String(index + 1)}>
                          {index + 1}
                        </option>
                      ))}
                    </select>
                  </label>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
};
