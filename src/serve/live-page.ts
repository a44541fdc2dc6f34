// The page of a report, made live: with a first run, its controls, and a policy for the server to send along.

import { FormatError } from '../base/errors.js';
import { pageHtml } from '../report/html.js';
import { embedJson } from '../report/template.js';
import { LIVE_ELEMENT, type LiveAnswer } from './live-data.js';

interface LivePage {
  readonly html: string;
  /** The page's own policy, as a header: that can forbid frames too. */
  readonly policy: string;
}

const POLICY = /<meta http-equiv="Content-Security-Policy" content="([^"]+)"/u;

/**
 * Make the page.
 *
 * @throws {FormatError} when the built page is not there, or has no policy
 */
export const livePage = ({ page, ...state }: LiveAnswer): LivePage => {
  const html = pageHtml(page, { live: true });
  const policy = POLICY.exec(html)?.[1];
  if (policy === undefined || !policy.includes("connect-src 'self'"))
    throw new FormatError('has no policy of its own: build the page again with npm run build', {
      file: 'dist/page/index.html',
    });
  const element = `<script type="application/json" id="${LIVE_ELEMENT}">${embedJson(state)}</script>`;
  return {
    html: html.replace('<div id="page">', (start) => `${element}\n    ${start}`),
    policy: `${policy}; frame-ancestors 'none'`,
  };
};
