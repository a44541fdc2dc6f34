// Shown in place of a part of the page that cannot be drawn, from data changed by hand: an error in plain text.

import { Component, type ComponentChildren } from 'preact';

/** Keeps an error of what is inside to itself. */
export class Boundary extends Component<
  { readonly children: ComponentChildren },
  { readonly problem: string | null }
> {
  override state = { problem: null };

  override componentDidCatch(error: unknown): void {
    this.setState({ problem: error instanceof Error ? error.message : String(error) });
  }

  override render() {
    const { problem } = this.state;
    if (problem === null) return this.props.children;
    return <p role="alert">This page cannot be shown: {problem}.</p>;
  }
}
