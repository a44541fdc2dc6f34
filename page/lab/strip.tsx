// The bytes around what a run wrote: what each was before, what it is after, whose it is.

import { byteText } from '../../src/base/words.js';
import type { Strip, Stretch } from '../../src/laboratory/strip-data.js';

interface Group extends Stretch {
  readonly isField: boolean;
}

// The bytes of an object, cut where its fields begin and end.
const groupsOf = ({ fields }: Strip, { from, to }: Stretch): Group[] => {
  const inside = fields.filter((field) => field.from < to && field.to > from);
  const groups: Group[] = [];
  let at = from;
  for (const field of inside) {
    const start = Math.max(from, field.from);
    if (start > at) groups.push({ from: at, to: start, name: '', isField: false });
    at = Math.min(to, field.to);
    groups.push({ from: start, to: at, name: field.name, isField: true });
  }
  if (at < to) groups.push({ from: at, to, name: '', isField: false });
  return groups;
};

const Cell = ({ strip, index }: { strip: Strip; index: number }) => {
  const [before, after] = [strip.before[index]!, strip.after[index]!];
  const isHarmed = strip.harmed.includes(index);
  const { slack } = strip;
  const isSlack = slack !== null && index >= slack.from && index < slack.to;
  const changed = before !== after;
  const classes = [
    'lab-byte',
    isHarmed ? 'lab-harmed' : changed ? 'lab-written' : '',
    isSlack ? 'lab-slack' : '',
  ];
  return (
    <span class={classes.join(' ').trim()}>
      <small>{changed ? byteText(before) : ''}</small>
      <b>{byteText(after)}</b>
    </span>
  );
};

const told = (strip: Strip): string => {
  const harmed = strip.harmed.map(
    (index) => `${byteText(strip.before[index]!)} became ${byteText(strip.after[index]!)}`,
  );
  const who = strip.writer === null ? '' : `, written by ${strip.writer}`;
  return harmed.length === 0 ? 'none of another owner changed' : `${harmed.join(', ')}${who}`;
};

/** The strip. */
export const StripView = ({ strip }: { strip: Strip }) => (
  <figure class="lab-strip">
    <div role="img" aria-label={`Bytes from ${strip.address}, in ${strip.cache}: ${told(strip)}`}>
      {strip.objects.map((object) => (
        <div class="lab-object" key={object.from}>
          <p>{object.name}</p>
          <div class="lab-bytes">
            {groupsOf(strip, object).map(({ from, to, name, isField }) => (
              <span class={isField ? 'lab-field' : 'lab-gap'} key={from}>
                <span class="lab-cells">
                  {Array.from({ length: to - from }, (_, index) => (
                    <Cell key={index} strip={strip} index={from + index} />
                  ))}
                </span>
                {isField && <i>{name}</i>}
              </span>
            ))}
          </div>
        </div>
      ))}
    </div>
    <figcaption>
      {strip.cache}, from <code>{strip.address}</code>, after step {strip.step}; where a byte changed, above
      it what was there before.
      {strip.writer !== null && (
        <>
          {' '}
          <b class="lab-writer">{strip.writer} goes past the end.</b>
        </>
      )}
    </figcaption>
  </figure>
);
