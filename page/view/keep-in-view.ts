// Scrolls a list so that one line of it can be seen with what is around it; the page itself does not move.

/** @param list has the scroll bar; it is where `offsetTop` of the line is counted from, or its own is */
export const keepInView = (list: HTMLElement, line: HTMLElement): void => {
  const top = line.offsetTop - (line.offsetParent === list ? 0 : list.offsetTop);
  const margin = Math.min(96, list.clientHeight / 3);
  if (top < list.scrollTop + margin) list.scrollTop = top - margin;
  else if (top > list.scrollTop + list.clientHeight - margin)
    list.scrollTop = top - list.clientHeight + margin;
};
