// Marks every place of the room that holds the value that is pointed at, or that has the focus. Elements say in
// `data-value` what they hold and in `data-at` where they lie; the marks are attributes that nothing else sets.

import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

/** Numbers that everything holds say nothing. */
const TRIVIAL = new Set(['', '0x0']);

const mark = (root: HTMLElement, value: string): void => {
  for (const one of root.querySelectorAll('[data-same], [data-target]')) {
    one.removeAttribute('data-same');
    one.removeAttribute('data-target');
  }
  if (TRIVIAL.has(value)) return;
  for (const one of root.querySelectorAll<HTMLElement>(`[data-value]`))
    if (one.dataset['value'] === value) one.setAttribute('data-same', '');
  for (const one of root.querySelectorAll<HTMLElement>(`[data-at]`))
    if (one.dataset['at'] === value) one.setAttribute('data-target', '');
};

/** Let the elements inside of one mark those that hold the same, also when a step changes what they hold. */
export const useSameValue = (ref: RefObject<HTMLElement | null>): void => {
  const source = useRef<HTMLElement | null>(null);
  const isMarked = useRef(false);
  const show = (): void => {
    const root = ref.current;
    if (root === null) return;
    const value = (source.current?.isConnected === true ? source.current.dataset['value'] : undefined) ?? '';
    if (value !== '' || isMarked.current) mark(root, value);
    isMarked.current = value !== '';
  };
  useLayoutEffect(show);
  useEffect(() => {
    const root = ref.current;
    if (root === null) return undefined;
    const follow = (event: Event): void => {
      const found =
        event.target instanceof Element ? event.target.closest<HTMLElement>('[data-value]') : null;
      if (found === source.current) return;
      source.current = found;
      show();
    };
    const leave = (): void => {
      source.current = null;
      show();
    };
    root.addEventListener('mouseover', follow);
    root.addEventListener('focusin', follow);
    root.addEventListener('mouseleave', leave);
    return () => {
      root.removeEventListener('mouseover', follow);
      root.removeEventListener('focusin', follow);
      root.removeEventListener('mouseleave', leave);
    };
  }, [ref]);
};
