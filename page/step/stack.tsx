// The stack from RSP up, every word explained, with what the next instruction touches and stale pointers.

import { type StackWord, hex } from '../model/run.js';
import type { Stale } from '../model/stale.js';
import { type Touch, touchOfBytes } from '../model/touched.js';
import type { Desk } from '../view/desk.js';
import { Roving } from '../view/roving.js';
import { Kept } from './kept.js';
import { StaleArrow } from './stale-arrow.js';
import type { StepView } from './step-view.js';
import { TouchSign } from './touch-sign.js';

interface RowProps {
  readonly desk: Desk;
  readonly word: StackWord;
  readonly label: string;
  readonly touch: Touch | undefined;
  readonly stale: Stale | undefined;
  readonly isAsked: boolean;
}

const Row = ({ desk, word, label, touch, stale, isAsked }: RowProps) => {
  const { address, value, what, changed } = word;
  const place = `[${hex(address)}:8]`;
  return (
    <tr class={`${changed ? 'changed' : ''}${isAsked ? ' picked' : ''}`} title={hex(address)}>
      <th scope="row" data-at={hex(address)}>
        {label}
        {changed && (
          <span class="dot" role="img" aria-label="changed">
            ●
          </span>
        )}
        <TouchSign touch={touch} />
      </th>
      <td class="value">
        <button
          type="button"
          data-cell
          class="asks"
          data-place={place}
          data-value={value}
          aria-label={[label, value, what].filter((part) => part !== '').join(', ')}
          aria-pressed={isAsked}
        >
          {value}
        </button>
      </td>
      <td>
        {stale !== undefined && <StaleArrow inspect={desk.inspect} stale={stale} />}
        {what}
      </td>
    </tr>
  );
};

/** The stack pane. */
export const Stack = ({ view }: { view: StepView }) => {
  const { desk, touched, stale: pointers } = view;
  const { at } = desk;
  const words = desk.run.stackAt(at);
  return (
    <section class="pane stack" aria-label="Stack">
      <h2>
        Stack <small>{words.length === 0 ? '' : `from ${hex(words[0]!.address)} up`}</small>
      </h2>
      {words.length === 0 ? (
        <p class="none">RSP points to no memory that is shown.</p>
      ) : (
        <Roving label="Words of the stack" class="scroll">
          <table>
            <colgroup>
              <col class="c-place" />
              <col class="c-value" />
              <col />
            </colgroup>
            <thead class="unseen">
              <tr>
                <th scope="col">
                  <span class="hidden">place</span>
                </th>
                <th scope="col">
                  <span class="hidden">value</span>
                </th>
                <th scope="col">
                  <span class="hidden">what it is</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {words.map((word, index) => {
                const { address, value, what, changed } = word;
                const touch = touchOfBytes(touched, address, 8);
                const stale = pointers.ofWord(address, BigInt(value), at);
                const isAsked = desk.asked === `[${hex(address)}:8]@${at}`;
                const label = index === 0 ? 'rsp' : `rsp+${hex(index * 8)}`;
                return (
                  <Kept
                    key={index}
                    is={`${hex(address)} ${value} ${changed} ${touch} ${isAsked} ${stale?.was} ${stale?.now} ${what}`}
                    render={() => (
                      <Row
                        desk={desk}
                        word={word}
                        label={label}
                        touch={touch}
                        stale={stale}
                        isAsked={isAsked}
                      />
                    )}
                  />
                );
              })}
            </tbody>
          </table>
        </Roving>
      )}
    </section>
  );
};
