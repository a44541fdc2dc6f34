// A button that goes to a state: the page's links into itself.

import type { ComponentChildren } from 'preact';
import type { Desk } from './desk.js';

/** Props of a jump. */
export interface JumpProps {
  readonly desk: Pick<Desk, 'go'>;
  readonly to: number;
  readonly label?: string;
  readonly children: ComponentChildren;
}

/** The button. */
export const Jump = ({ desk, to, label, children }: JumpProps) => (
  <button type="button" class="jump" aria-label={label} onClick={() => desk.go(to)}>
    {children}
  </button>
);
