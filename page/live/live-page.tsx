// The page with its controls: each run of theirs is a new page below them.

import { useState } from 'preact/hooks';
import type { PageData } from '../../src/report/page-data.js';
import type { LiveState } from '../../src/serve/live-data.js';
import { App } from '../view/app.js';
import { Boundary } from '../view/boundary.js';
import { LivePanel } from './panel.js';

/** What the live page starts with. */
export interface LivePageProps {
  readonly first: LiveState;
  readonly data: PageData;
}

/** The live page. Place and part stay from run to run: they are in the address. */
export const LivePage = ({ first, data }: LivePageProps) => {
  const [shown, setShown] = useState({ data, number: 0 });
  return (
    <>
      <LivePanel
        first={first}
        onPage={(page) => setShown(({ number }) => ({ data: page, number: number + 1 }))}
      />
      <Boundary key={shown.number}>
        <App data={shown.data} />
      </Boundary>
    </>
  );
};
