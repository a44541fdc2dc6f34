// `oopslab headers`: the C header that candidates include, generated from layouts and prototypes.

import type { TypeOf } from '../base/form.js';
import type { headersForm } from './forms.js';
import { callablesOf, listCallable } from '../candidate/callable.js';
import { headerText } from '../candidate/header.js';
import { loadRelease } from '../release/snippet.js';
import { type LibraryOptions, librariesOf } from './options.js';
import type { Io } from './output.js';

type HeadersDocument = TypeOf<typeof headersForm>;

export const run = (_io: Io, options: LibraryOptions & { release: string }) => {
  const release = loadRelease(options.release, librariesOf(options));
  const header = headerText(release);
  const document = (): HeadersDocument => ({
    release: release.name,
    callable: callablesOf(release).map(listCallable),
    header,
  });
  return { json: document, text: () => header };
};
