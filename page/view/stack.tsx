// The stack from RSP up, every word explained.

import { hex } from '../model/run.js';
import type { Desk } from './desk.js';

/** The stack pane. */
export const Stack = ({ desk }: { desk: Desk }) => {
  const words = desk.run.stackAt(desk.at);
  return (
    <section class="pane stack" aria-label="Stack">
      <h2>
        Stack <small>{words.length === 0 ? '' : `from ${hex(words[0]!.address)} up`}</small>
      </h2>
      {words.length === 0 ? (
        <p class="none">RSP points to no memory that is shown.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="group" aria-label="Words of the stack">
          <table>
            <thead>
              <tr>
                <th scope="col">place</th>
                <th scope="col">value</th>
                <th scope="col">what it is</th>
              </tr>
            </thead>
            <tbody>
              {words.map(({ address, value, what, changed }, index) => (
                <tr key={index} class={changed ? 'changed' : ''} title={hex(address)}>
                  <th scope="row">
                    {index === 0 ? 'rsp' : `rsp+${hex(index * 8)}`}
                    {changed && (
                      <span class="dot" role="img" aria-label="changed">
                        ●
                      </span>
                    )}
                  </th>
                  <td class="value">{value}</td>
                  <td>{what}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
};
