// A branch: what it went by, and the two ways, the one that was taken drawn through.

import type { PageBranch } from '../../src/report/page-data.js';

/** The picture. */
export const Branch = ({ branch: { because, went, other } }: { branch: PageBranch }) => (
  <div class="branch" role="group" aria-label="The branch">
    <code class="because">{because}</code>
    <svg viewBox="0 0 80 100" preserveAspectRatio="none" aria-hidden="true">
      <path class="went" d="M0 50 C 40 50 40 22 78 22" />
      <path class="other" d="M0 50 C 40 50 40 78 78 78" />
    </svg>
    <p class="went">
      <b>goes to</b> <code>{went}</code>
    </p>
    <p class="other">
      not to <code>{other}</code>
    </p>
  </div>
);
