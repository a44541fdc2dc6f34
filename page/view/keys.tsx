// The keys that work everywhere on the page, and the dialog that lists them and can turn them off.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { sceneAt } from '../model/scenes.js';
import type { Desk } from './desk.js';
import { tabsOf } from './tabs.js';
import { type Play, marksOf, statesOf } from './timeline.js';

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['s →', 'one step forward'],
  ['b ←', 'one step back'],
  ['Shift → Shift ←', 'ten steps'],
  ['Home End', 'start, end'],
  ['p', 'play or pause'],
  ['n Shift n', 'next jump mark, previous one: before it, then after it; in the story the next scene'],
  ['g', 'the guilty write'],
  ['t', 'the trap'],
  ['d', 'the first difference between the two runs'],
  ['1 … 7', 'in the room Step: the tabs'],
  ['?', 'these keys'],
];

const actionOf = (event: KeyboardEvent, desk: Desk, play: Play): (() => void) | undefined => {
  const marks = marksOf(desk);
  const toKind = (kind: string) => () => {
    const mark = marks.find((one) => one.kind === kind);
    if (mark !== undefined) desk.go(mark.at);
  };
  const jump = (forward: boolean) => () => {
    const states = statesOf(desk);
    const next = forward ? states.find((at) => at > desk.at) : states.findLast((at) => at < desk.at);
    if (next !== undefined) desk.go(next);
  };
  const scene = sceneAt(desk.run.data.scenes, desk.at, desk.scene);
  const isStory = desk.room === 'story';
  const tab = tabsOf(desk)[Number(event.key) - 1];
  if (desk.room === 'step' && /^[1-9]$/u.test(event.key) && tab !== undefined)
    return () => desk.show(tab.view);
  const far = event.shiftKey ? 10 : 1;
  const actions: Readonly<Record<string, () => void>> = {
    s: () => desk.by(1),
    ArrowRight: () => desk.by(far),
    b: () => desk.by(-1),
    ArrowLeft: () => desk.by(-far),
    Home: () => desk.go(0),
    End: () => desk.go(desk.run.end),
    p: play.toggle,
    n: isStory ? () => desk.tell(scene + 1) : jump(true),
    N: isStory ? () => desk.tell(scene - 1) : jump(false),
    g: toKind('guilty'),
    t: toKind('trap'),
    d: () => {
      const first = desk.data.comparison?.firstDifference;
      if (first != null) desk.go(first.instruction);
    },
  };
  return Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
};

// Where keys mean something else.
const takesKeys = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, select, textarea, dialog') !== null;

// The file holds other people's packages, and so their licences.
const Licences = () => {
  const text = document.querySelector('#licences')?.textContent ?? '';
  return text === '' ? null : (
    <details>
      <summary>Licences of the packages in this file</summary>
      <pre>{text}</pre>
    </details>
  );
};

/** Let the keys work; gives the button that lists them. */
export const Keys = ({ desk, play }: { desk: Desk; play: Play }) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [on, setOn] = useState(true);
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!on || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
      if (takesKeys(event.target)) return;
      if (desk.room === 'course' && event.key !== '?') return; // a lesson has a machine of its own
      const action = event.key === '?' ? () => dialog.current?.showModal() : actionOf(event, desk, play);
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  });
  return (
    <>
      <button type="button" class="keys" onClick={() => dialog.current?.showModal()} title="Keys (?)">
        Keys
      </button>
      <dialog ref={dialog} aria-label="Keys">
        <h2>Keys</h2>
        <table>
          <tbody>
            {KEYS.map(([keys, does]) => (
              <tr key={keys}>
                <th scope="row">
                  {keys.split(' ').map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </th>
                <td>{does}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p>Charts, pages and the report are one stop of the Tab key each: arrow keys go on inside of them.</p>
        <p>
          <label>
            <input type="checkbox" checked={on} onChange={(event) => setOn(event.currentTarget.checked)} />{' '}
            keys of one letter work
          </label>
        </p>
        <Licences />
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </>
  );
};
