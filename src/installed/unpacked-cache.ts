// What took seconds to unpack, kept in the user's cache folder: by a hash of what it was unpacked from, so that it is never
// of another file. Bounded in size; the oldest go first. Whatever fails here costs time, and nothing else.

import { join } from 'node:path';
import { cacheFolder } from '../base/cache-folder.js';
import { readBytes } from '../base/read-file.js';
import { makeFolder, replaceFile } from '../base/replace-file.js';
import { sha256 } from '../base/sha256.js';
import { readdirSync, rmSync, statSync } from '../host/files.js';

const FOLDER = 'unpacked';
const MAX_KEPT = 1 << 30; // bytes of all
const ENTRY = { what: 'a file of the cache', max: MAX_KEPT };
const HASH = 64; // characters of a SHA-256
const NAME = /^[0-9a-f]{64}\.unpacked$/u;

const folderOf = (): string | undefined => {
  const folder = cacheFolder();
  return folder === undefined ? undefined : join(folder, FOLDER);
};

// The content, and a hash of it before it: half a file, or a damaged one, is none.
const read = (path: string): Uint8Array | undefined => {
  try {
    const bytes = readBytes(path, ENTRY);
    const content = bytes.subarray(HASH);
    const hash = new TextDecoder('latin1').decode(bytes.subarray(0, HASH));
    return sha256(content) === hash ? content : undefined;
  } catch {
    return undefined;
  }
};

const shrink = (folder: string, more: number): void => {
  const entries = readdirSync(folder)
    .filter((name) => NAME.test(name))
    .map((name) => ({ path: join(folder, name), stat: statSync(join(folder, name)) }))
    .toSorted((a, b) => a.stat.mtimeMs - b.stat.mtimeMs);
  let size = entries.reduce((sum, { stat }) => sum + stat.size, more);
  for (const { path, stat } of entries) {
    if (size <= MAX_KEPT) return;
    rmSync(path, { force: true });
    size -= stat.size;
  }
};

const write = (path: string, folder: string, content: Uint8Array): void => {
  try {
    makeFolder(folder);
    shrink(folder, content.length + HASH);
    replaceFile(path, Buffer.concat([Buffer.from(sha256(content), 'latin1'), content]));
  } catch {
    // no room, or another process removed what was listed
  }
};

/**
 * What `make` makes, or what it made before from the same bytes.
 *
 * @param from what it is made from, all of it: the name of what is kept is a hash of it
 * @param what which part of it, where there are several
 */
export const unpackedOnce = async (
  from: Uint8Array,
  what: string,
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> => {
  const folder = folderOf();
  if (folder === undefined) return make();
  const path = join(folder, `${sha256(`${sha256(from)} ${what}`)}.unpacked`);
  const kept = read(path);
  if (kept !== undefined) return kept;
  const made = await make();
  if (made.length + HASH <= MAX_KEPT / 2) write(path, folder, made);
  return made;
};
