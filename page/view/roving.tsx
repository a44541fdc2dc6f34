// Many buttons that are one stop of the Tab key: arrow keys go from one to the next, in reading order or by place.

import type { ComponentChildren } from 'preact';
import { smallest } from '../../src/base/long-lists.js';
import { useLayoutEffect, useRef } from 'preact/hooks';

const cellsOf = (root: HTMLElement): HTMLElement[] => [...root.querySelectorAll<HTMLElement>('[data-cell]')];

// The cell above or below: of the nearest line the one whose start is nearest.
const vertical = (
  cells: readonly HTMLElement[],
  from: HTMLElement,
  down: boolean,
): HTMLElement | undefined => {
  const here = from.getBoundingClientRect();
  const boxes = cells
    .map((cell) => ({ cell, box: cell.getBoundingClientRect() }))
    .filter(({ box }) => (down ? box.top >= here.bottom - 2 : box.bottom <= here.top + 2));
  const distance = ({ top }: DOMRect): number => Math.abs(top - here.top);
  const nearest = smallest(boxes.map(({ box }) => distance(box)));
  return boxes
    .filter(({ box }) => distance(box) < nearest + 4)
    .toSorted((a, b) => Math.abs(a.box.left - here.left) - Math.abs(b.box.left - here.left))[0]?.cell;
};

/** Props of a group of cells; each cell is a button with `data-cell`. */
export interface RovingProps {
  readonly label: string;
  readonly class?: string;
  readonly role?: 'group' | 'toolbar';
  readonly children: ComponentChildren;
}

/** The group. */
export const Roving = ({ label, class: name, role = 'group', children }: RovingProps) => {
  const root = useRef<HTMLDivElement>(null);
  const current = useRef<HTMLElement | null>(null);

  const put = (cell: HTMLElement | undefined): void => {
    if (cell === undefined) return;
    if (cell === current.current && cell.getAttribute('tabindex') === '0') return;
    current.current?.setAttribute('tabindex', '-1');
    cell.setAttribute('tabindex', '0');
    current.current = cell;
  };

  useLayoutEffect(() => {
    const cells = root.current === null ? [] : cellsOf(root.current);
    // Only what is new: each attribute that is set costs as much as one that changes.
    for (const cell of cells)
      if (cell !== current.current && cell.getAttribute('tabindex') !== '-1')
        cell.setAttribute('tabindex', '-1');
    const chosen =
      cells.find((cell) => cell === current.current) ??
      cells.find((cell) => cell.dataset['cell'] === 'first');
    put(chosen ?? cells[0]);
  });

  const onKeyDown = (event: KeyboardEvent): void => {
    const target = event.target;
    if (
      root.current === null ||
      !(target instanceof HTMLElement) ||
      event.altKey ||
      event.ctrlKey ||
      event.metaKey
    )
      return;
    const cells = cellsOf(root.current);
    const index = cells.indexOf(target);
    if (index < 0) return;
    const next = {
      ArrowRight: () => cells[index + 1],
      ArrowLeft: () => cells[index - 1],
      ArrowDown: () => vertical(cells, target, true),
      ArrowUp: () => vertical(cells, target, false),
      Home: () => cells[0],
      End: () => cells.at(-1),
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const cell = next();
    put(cell);
    cell?.focus();
  };

  const onFocusIn = (event: FocusEvent): void => {
    if (event.target instanceof HTMLElement && event.target.dataset['cell'] !== undefined) put(event.target);
  };

  return (
    <div ref={root} role={role} aria-label={label} class={name} onKeyDown={onKeyDown} onFocusIn={onFocusIn}>
      {children}
    </div>
  );
};
