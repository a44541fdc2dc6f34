// The files of a page: what the build packed and what the reader gave, in memory. It stands where src/host/files.ts
// stands in Node, with the same names, and knows no file of the reader's machine.

import { Buffer } from 'buffer';

type Content = Uint8Array | 'folder';

interface OpenFile {
  readonly path: string;
  bytes: Uint8Array;
  position: number;
}

class FileError extends Error {
  constructor(
    readonly code: string,
    readonly path: string,
  ) {
    super(`${code}: ${path}`);
  }
}

const tree = new Map<string, Content>([['/', 'folder']]);
const open = new Map<number, OpenFile>();
let handles = 2;
let made = 0;

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** Where the files lie that a reader gave: relative paths start there. */
export const GIVEN = '/given';

const plain = (path: unknown): string => {
  const parts: string[] = [];
  const whole = String(path);
  for (const part of (whole.startsWith('/') ? whole : `${GIVEN}/${whole}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
};

const addFolder = (path: string): void => {
  if (tree.get(path) === 'folder') return;
  addFolder(parentOf(path));
  tree.set(path, 'folder');
};

/** Put files in place, with the folders above them. @param files contents by absolute path */
export const mountFiles = (files: Iterable<readonly [path: string, bytes: Uint8Array]>): void => {
  for (const [path, bytes] of files) {
    const whole = plain(path);
    addFolder(parentOf(whole));
    tree.set(whole, bytes);
  }
};

class Stat {
  readonly size: number;
  readonly mode = 0o644;
  readonly #content: Content;

  constructor(content: Content) {
    this.#content = content;
    this.size = content === 'folder' ? 0 : content.length;
  }

  isDirectory = (): boolean => this.#content === 'folder';
  isFile = (): boolean => this.#content !== 'folder';
  isSymbolicLink = (): boolean => false;
}

const find = (path: unknown): Content => {
  const whole = plain(path);
  const content = tree.get(whole);
  if (content === undefined) throw new FileError('ENOENT', whole);
  return content;
};

const bytesAt = (path: unknown): Uint8Array => {
  const content = find(path);
  if (content === 'folder') throw new FileError('EISDIR', plain(path));
  return content;
};

const handleOf = (handle: number): OpenFile => {
  const file = open.get(handle);
  if (file === undefined) throw new FileError('EBADF', String(handle));
  return file;
};

export const constants = {
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_CREAT: 64,
  O_EXCL: 128,
  O_TRUNC: 512,
  O_NONBLOCK: 2048,
};

export const statSync = (path: unknown, { throwIfNoEntry = true } = {}): Stat | undefined => {
  const content = throwIfNoEntry ? find(path) : tree.get(plain(path));
  return content === undefined ? undefined : new Stat(content);
};
export const lstatSync = statSync;
export const existsSync = (path: unknown): boolean => tree.has(plain(path));
export const realpathSync = (path: unknown): string => (find(path), plain(path));
export const readlinkSync = (path: unknown): never => {
  throw new FileError('EINVAL', plain(path));
};

export const openSync = (path: unknown, flags: number | string = 0): number => {
  const whole = plain(path);
  const writes = typeof flags === 'string' ? flags.startsWith('w') : (flags & 3) !== 0;
  if (writes) mountFiles([[whole, new Uint8Array()]]);
  const bytes = bytesAt(whole);
  handles += 1;
  open.set(handles, { path: whole, bytes, position: 0 });
  return handles;
};
export const closeSync = (handle: number): void => void open.delete(handle);
export const fstatSync = (handle: number): Stat => new Stat(handleOf(handle).bytes);
export const fsyncSync = (): void => undefined;

export const readSync = (
  handle: number,
  into: Uint8Array,
  offset = 0,
  length = into.length - offset,
  position: number | null = null,
): number => {
  const file = handleOf(handle);
  const from = position ?? file.position;
  const part = file.bytes.subarray(from, from + length);
  into.set(part, offset);
  if (position === null) file.position += part.length;
  return part.length;
};

export const writeSync = (handle: number, content: Uint8Array | string): number => {
  const file = handleOf(handle);
  const added = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const whole = new Uint8Array(file.bytes.length + added.length);
  whole.set(file.bytes);
  whole.set(added, file.bytes.length);
  file.bytes = whole;
  tree.set(file.path, whole);
  return added.length;
};

export const readFileSync = (path: unknown, encoding?: unknown): Buffer | string => {
  const bytes = Buffer.from(bytesAt(path));
  return encoding === undefined ? bytes : bytes.toString('utf8');
};

export const readdirSync = (path: unknown, options?: { readonly withFileTypes?: boolean }): unknown[] => {
  const folder = plain(path);
  if (find(folder) !== 'folder') throw new FileError('ENOTDIR', folder);
  const names = [...tree.keys()]
    .filter((one) => one !== '/' && parentOf(one) === folder)
    .map((one) => one.slice(one.lastIndexOf('/') + 1))
    .toSorted();
  if (options?.withFileTypes !== true) return names;
  return names.map((name) =>
    Object.assign(new Stat(find(`${folder}/${name}`)), { name, parentPath: folder }),
  );
};

export const mkdirSync = (path: unknown): void => addFolder(plain(path));
export const mkdtempSync = (prefix: string): string => {
  made += 1;
  const folder = `${plain(prefix)}${made}`;
  addFolder(folder);
  return folder;
};
export const renameSync = (from: unknown, to: unknown): void => {
  const content = find(from);
  tree.delete(plain(from));
  tree.set(plain(to), content);
};
export const rmSync = (path: unknown): void => {
  const whole = plain(path);
  for (const one of tree.keys()) if (one === whole || one.startsWith(`${whole}/`)) tree.delete(one);
};
export const linkSync = (from: unknown, to: unknown): void => void tree.set(plain(to), find(from));
export const createReadStream = (path: unknown): never => {
  throw new FileError('ENOSYS', plain(path));
};
