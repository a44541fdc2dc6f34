// `oopslab snippets`: the machine code that there is, and the functions that are stubs.

import type { TypeOf } from '../base/form.js';
import type { snippetsForm } from './forms.js';
import { hex } from '../base/address.js';
import { greatest } from '../base/long-lists.js';
import { countBytes } from '../release/listing.js';
import { loadRelease, type Release } from '../release/snippet.js';
import { type LibraryOptions, librariesOf } from './options.js';
import type { Io } from './output.js';

type SnippetsDocument = TypeOf<typeof snippetsForm>;

const document = (release: Release): SnippetsDocument => ({
  release: release.name,
  snippets: release.snippets.map((snippet) => {
    const { prototype, source, addressSource } = snippet.manifest;
    const parameters = prototype.arguments.map(({ type, name }) =>
      type.endsWith('*') ? `${type}${name}` : `${type} ${name}`,
    );
    return {
      name: snippet.name,
      address: hex(snippet.start),
      size: snippet.bytes.length,
      bytes: countBytes(snippet),
      source,
      addressSource,
      prototype: `${prototype.returns} ${snippet.function}(${parameters.join(', ') || 'void'})`,
    };
  }),
  stubs: release.stubs.map(({ symbol, models, leavesOut }) => ({ symbol, models, leavesOut })),
});

const format = ({ release, snippets, stubs }: SnippetsDocument): string => {
  const width = greatest(snippets.map(({ name }) => name.length));
  const narrow = greatest(stubs.map(({ symbol }) => symbol.length));
  return [
    `Machine code of ${release}, in bytes (published: pinned by the talk; reconstructed: our own assembly):`,
    '',
    `${'function'.padEnd(width)}  ${'address'.padEnd(18)}  size  published  reconstructed`,
    ...snippets.map(({ name, address, size, bytes }) => {
      const published = (bytes['published dump'] ?? 0) + (bytes['published listing'] ?? 0);
      const columns = [
        String(size).padStart(4),
        String(published).padStart(9),
        String(bytes['reconstructed']).padStart(13),
      ];
      return `${name.padEnd(width)}  ${address}  ${columns.join('  ')}`;
    }),
    '',
    'Stubs, done by the sandbox:',
    '',
    ...stubs.map(
      ({ symbol, models, leavesOut }) => `${symbol.padEnd(narrow)}  ${models}. Leaves out: ${leavesOut}.`,
    ),
  ].join('\n');
};

export const run = (_io: Io, options: LibraryOptions & { release: string }) => {
  const found = document(loadRelease(options.release, librariesOf(options)));
  return { json: () => found, text: () => format(found) };
};
