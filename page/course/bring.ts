// Brings a part of the reading to where it is read: the reading scrolls by itself, or on a narrow screen with the page.

const MARGIN = 12; // pixels

/** Bring it to the top of what is seen. With `nearest`, only as far as needed to see it. */
export const bring = (element: Element, how: 'top' | 'nearest'): void => {
  const reading = element.closest<HTMLElement>('.reading');
  if (reading === null) return;
  const scrolls = getComputedStyle(reading).overflowY === 'auto';
  const seen = scrolls ? reading.getBoundingClientRect() : { top: 0, bottom: innerHeight };
  const { top, bottom } = element.getBoundingClientRect();
  const toTop = top - seen.top - MARGIN;
  const below = bottom - seen.bottom + MARGIN;
  const by = how === 'top' || toTop < 0 ? toTop : Math.max(0, Math.min(below, toTop));
  if (scrolls) reading.scrollTop += by;
  else scrollBy(0, by);
};
