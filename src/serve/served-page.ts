// The page as it is served: with its own policy as a header, which can forbid frames too.

import { FormatError } from '../base/errors.js';
import type { ServedPage } from './server.js';

const POLICY = /<meta http-equiv="Content-Security-Policy" content="([^"]+)"/u;

/**
 * Make it.
 *
 * @param html as `report` writes it
 * @throws {FormatError} when it has no policy
 */
export const servedPage = (html: string): ServedPage => {
  const policy = POLICY.exec(html)?.[1];
  if (policy === undefined || !policy.includes("connect-src 'none'"))
    throw new FormatError('has no policy of its own: build the page again with npm run build', {
      file: 'dist/page/index.html',
    });
  return { html, policy: `${policy}; frame-ancestors 'none'` };
};
