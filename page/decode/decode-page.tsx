// The first page of a site: where reports are read, and below it the crashes of the site.

import type { SiteData } from '../../src/site/site-data.js';
import { ThemeSwitch } from '../view/theme.js';
import { Crashes } from './crashes.js';
import { DecodeRoom } from './decode-room.js';
import { Licences } from './licences.js';
import { usePlace } from './place.js';

/** The page. */
export const DecodePage = ({ data }: { data: SiteData }) => {
  const place = usePlace();
  return (
    <>
      <header class="top">
        <p class="title">
          <span class="brand">oopslab</span> What does a kernel report say?
        </p>
        <div class="controls">
          <ThemeSwitch />
        </div>
      </header>
      <main>
        <DecodeRoom
          place={place}
          sample={data.crashes[0]}
          sampleLabel="Try the published oops"
          below={(reader) => <Crashes crashes={data.crashes} reader={reader} />}
        />
      </main>
      <footer>
        <p>Made by oopslab, which replays kernel crashes. This page loads nothing and keeps no text.</p>
        <Licences />
      </footer>
    </>
  );
};
