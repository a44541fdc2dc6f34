// The panes of the room as tabs. Arrow keys go from tab to tab.

import { useLayoutEffect } from 'preact/hooks';
import type { Desk, ViewName } from './desk.js';

/** A tab. */
export interface Tab {
  readonly view: ViewName;
  readonly label: string;
}

/** The tabs of a page; what there is nothing of has none. */
export const tabsOf = ({ runs }: Desk): Tab[] => [
  { view: 'answer', label: 'Answer' },
  { view: 'machine', label: 'Fields' },
  { view: 'heap', label: 'Slab page' },
  { view: 'lineage', label: 'Lineage' },
  { view: 'oops', label: 'Oops' },
  ...(runs.length > 1 ? [{ view: 'compare', label: 'A and B' } as const] : []),
  { view: 'story', label: 'Story' },
];

/** Props of the tabs. */
export interface TabsProps {
  readonly chosen: ViewName;
  readonly show: Desk['show'];
  readonly tabs: readonly Tab[];
}

/** The list of tabs. */
export const Tabs = ({ chosen, show, tabs }: TabsProps) => {
  // On a phone the list is wider than the screen. It alone is moved, not the page.
  useLayoutEffect(() => {
    const tab = document.querySelector<HTMLElement>(`#tab-${chosen}`);
    const list = tab?.parentElement;
    if (tab == null || list == null) return;
    const left = tab.offsetLeft - list.offsetLeft;
    if (left < list.scrollLeft) list.scrollLeft = left;
    else if (left + tab.offsetWidth > list.scrollLeft + list.clientWidth)
      list.scrollLeft = left + tab.offsetWidth - list.clientWidth;
  }, [chosen]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    const index = tabs.findIndex(({ view }) => view === chosen) + by;
    const next = tabs[(index + tabs.length) % tabs.length];
    if (next === undefined) return;
    show(next.view);
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
          aria-selected={view === chosen}
          aria-controls="panel"
          tabIndex={view === chosen ? 0 : -1}
          title={`${label} (${index + 1})`}
          onClick={() => show(view)}
        >
          {label}
        </button>
      ))}
    </div>
  );
};
