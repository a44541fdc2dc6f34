// A part of the page that stays as it is while what it shows is the same: stepping through a long run renders only what
// changes.

import { Component, type ComponentChildren } from 'preact';

/** Props of a part. */
export interface KeptProps {
  /** Says all that is shown: while it is the same, nothing is rendered. */
  readonly is: string;
  readonly render: () => ComponentChildren;
}

/** The part. */
export class Kept extends Component<KeptProps> {
  override shouldComponentUpdate(next: KeptProps): boolean {
    return next.is !== this.props.is;
  }

  override render() {
    return this.props.render();
  }
}
