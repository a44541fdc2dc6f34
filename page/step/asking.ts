// Everything in the room that can be asked about is a button that says in `data-place` which place it shows; a click asks
// about it at the step that is shown. One listener for all of them: what is rendered at each step has no handlers.

import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { lineAsked } from '../model/lines.js';
import type { Desk } from '../view/desk.js';

/** Let the buttons inside of an element ask. */
export const useAsking = (ref: RefObject<HTMLElement | null>, desk: Desk): void => {
  const latest = useRef(desk);
  latest.current = desk;
  useEffect(() => {
    const root = ref.current;
    if (root === null) return undefined;
    const onClick = (event: Event): void => {
      const target =
        event.target instanceof Element
          ? event.target.closest<HTMLElement>('[data-place], [data-line]')
          : null;
      const { ask, at, run } = latest.current;
      const line = target?.dataset['line'];
      if (line !== undefined) return ask(lineAsked(run, line, at));
      const object = target?.dataset['object'];
      if (object !== undefined) latest.current.inspect(BigInt(object));
      const place = target?.dataset['place'];
      if (place === undefined) return undefined;
      // A place with its own moment, or of the report, has one.
      return ask(target?.dataset['moment'] === 'own' ? place : `${place}@${at}`);
    };
    root.addEventListener('click', onClick);
    return () => root.removeEventListener('click', onClick);
  }, [ref]);
};
