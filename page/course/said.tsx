// What is said to an answer, a hint, or somebody who gave up.

import { inlineOf } from '../../src/lesson/prose-tree.js';
import type { Exchange } from './kept.js';
import { Line } from './prose.js';
import { plural } from './worth.js';

/** One exchange. */
export const SaidTo = ({ line, said }: Exchange) => {
  switch (said.kind) {
    case 'right':
      return (
        <p class="said right">
          <b>
            <span aria-hidden="true">✓ </span>Right, {plural(said.points, 'point')}:
          </b>{' '}
          <code>{line}</code>. {said.reason} <Line text={inlineOf(said.remark)} />
        </p>
      );
    case 'wrong':
      return (
        <p class="said wrong">
          <b>
            <span aria-hidden="true">× </span>No:
          </b>{' '}
          <code>{line}</code>. {said.reason}{' '}
          <small>
            {said.again ? 'Given before: it costs nothing.' : `${plural(said.left, 'point')} left.`}
          </small>
        </p>
      );
    case 'unread':
      return <p class="said unread">{said.reason}. It costs nothing.</p>;
    case 'hint':
      return (
        <p class="said hint">
          <b>Hint:</b> <Line text={inlineOf(said.text)} />{' '}
          <small>It costs {plural(said.cost, 'point')}.</small>
        </p>
      );
    case 'skipped':
      return (
        <div class="said skipped">
          <p>
            <b>Right would have been:</b> {said.answers.join(', ')}.
          </p>
          {said.why.length > 0 && (
            <ul>
              {said.why.map((one, index) => (
                <li key={index}>because {one}</li>
              ))}
              {said.more > 0 && <li>and {plural(said.more, 'other fact')}</li>}
            </ul>
          )}
          {said.remark !== '' && (
            <p>
              <Line text={inlineOf(said.remark)} />
            </p>
          )}
        </div>
      );
    case 'no hint':
      return <p class="said">There is no other hint.</p>;
    case 'look':
      return <pre class="said look">{said.lines.join('\n').trimEnd()}</pre>;
    case 'ask':
    case 'help':
      return null;
  }
};
