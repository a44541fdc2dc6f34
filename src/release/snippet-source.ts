// Snippets by name, for what needs a few of them: of the shipped ones no other is read.

import { join } from 'node:path';
import type { Addr } from '../base/address.js';
import { listFolder } from '../base/read-file.js';
import { DEFAULT_RELEASE } from './default-release.js';
import { type Snippet, loadRelease, readSnippet, shippedRoot } from './snippet.js';

/** Snippets of the default release. */
export interface SnippetSource {
  /** `function` and `function.variant`. */
  readonly names: readonly string[];
  /** @throws {InputError} where a file is wrong */
  findSnippet(name: string): Snippet | undefined;
  /** The plain version of a function; calls in the shipped snippets name it, so that these are not found so. */
  startingAt(address: Addr): Snippet | undefined;
}

// Tests check them, also against each other.
const shipped = (): SnippetSource => {
  const folder = join(shippedRoot, DEFAULT_RELEASE);
  const files = listFolder(folder).filter((name) => name.endsWith('.json') && name !== 'symbols.json');
  const names = files.map((name) => name.slice(0, -'.json'.length));
  return {
    names,
    findSnippet: (name) => (names.includes(name) ? readSnippet(folder, `${name}.json`, false) : undefined),
    startingAt: () => undefined,
  };
};

/**
 * The shipped snippets and those of libraries.
 *
 * @throws {InputError} where a file of a library is wrong
 */
export const openSnippets = (libraries: readonly string[]): SnippetSource => {
  if (libraries.length === 0) return shipped();
  const { snippets } = loadRelease(DEFAULT_RELEASE, libraries);
  const byName = new Map(snippets.map((snippet) => [snippet.name, snippet]));
  const plain = snippets.filter(({ variant }) => variant === undefined);
  const byStart = new Map(plain.map((snippet) => [snippet.start, snippet]));
  return {
    names: [...byName.keys()],
    findSnippet: (name) => byName.get(name),
    startingAt: (address) => byStart.get(address),
  };
};
