// Keeps the line that is current in view, in a list that scrolls by itself.

import { useLayoutEffect, useRef } from 'preact/hooks';

/** The list. @param key changes when another line is current */
export const useHere = (key: string) => {
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const line = list.current?.querySelector<HTMLElement>('.here');
    if (list.current === null || line == null) return;
    const top = line.offsetTop - list.current.offsetTop;
    list.current.scrollTop = Math.max(0, top - list.current.clientHeight / 2);
  }, [key]);
  return list;
};
