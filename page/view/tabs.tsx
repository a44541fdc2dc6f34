// The parts of the page as tabs. Arrow keys go from tab to tab.

import { useLayoutEffect } from 'preact/hooks';
import type { Desk, ViewName } from './desk.js';

/** A tab. */
export interface Tab {
  readonly view: ViewName;
  readonly label: string;
}

/** The tabs of a page; what there is nothing of has none. */
export const tabsOf = ({ runs }: Desk): Tab[] => [
  { view: 'machine', label: 'Registers and stack' },
  { view: 'heap', label: 'Slab page' },
  { view: 'lineage', label: 'Lineage' },
  { view: 'oops', label: 'Oops' },
  ...(runs.length > 1 ? [{ view: 'compare', label: 'Side by side' } as const] : []),
  { view: 'story', label: 'Story' },
];

/** The list of tabs. */
export const Tabs = ({ desk, tabs }: { desk: Desk; tabs: readonly Tab[] }) => {
  // On a phone the list is wider than the screen. It alone is moved, not the page.
  useLayoutEffect(() => {
    const tab = document.querySelector<HTMLElement>(`#tab-${desk.view}`);
    const list = tab?.parentElement;
    if (tab == null || list == null) return;
    const left = tab.offsetLeft - list.offsetLeft;
    if (left < list.scrollLeft) list.scrollLeft = left;
    else if (left + tab.offsetWidth > list.scrollLeft + list.clientWidth)
      list.scrollLeft = left + tab.offsetWidth - list.clientWidth;
  }, [desk.view]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    const index = tabs.findIndex(({ view }) => view === desk.view) + by;
    const next = tabs[(index + tabs.length) % tabs.length];
    if (next === undefined) return;
    desk.show(next.view);
    document.querySelector<HTMLElement>(`#tab-${next.view}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Parts of the page" onKeyDown={onKeyDown}>
      {tabs.map(({ view, label }, index) => (
        <button
          type="button"
          role="tab"
          key={view}
          id={`tab-${view}`}
          aria-selected={view === desk.view}
          aria-controls="panel"
          tabIndex={view === desk.view ? 0 : -1}
          title={`${label} (${index + 1})`}
          onClick={() => desk.show(view)}
        >
          {label}
        </button>
      ))}
    </div>
  );
};
