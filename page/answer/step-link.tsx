// A link to a step of the run. It is a link of the page's own address: the browser's back leads back.

import type { ComponentChildren } from 'preact';
import { formatLink } from '../model/link.js';
import type { Desk } from '../view/desk.js';

/** Props of a link. */
export interface StepLinkProps {
  readonly desk: Desk;
  readonly to: number;
  /** Whether it leads to the other run. */
  readonly isOther?: boolean;
  /** What a screen reader says in place of the number. */
  readonly label?: string;
  readonly children: ComponentChildren;
}

/** The link; the answer that it stands in stays open, unless it leads to the other run. */
export const StepLink = ({ desk, to, isOther = false, label, children }: StepLinkProps) => {
  const isSecond = isOther ? desk.side === 0 : desk.side === 1;
  const href = formatLink({
    room: 'step',
    step: to,
    ...(desk.asked === undefined || isOther ? {} : { ask: desk.asked }),
    ...(isSecond ? { run: 2 } : {}),
  });
  return (
    <a
      class="jump"
      href={href}
      aria-label={label}
      aria-current={!isOther && to === desk.at ? 'step' : undefined}
    >
      {children}
    </a>
  );
};
