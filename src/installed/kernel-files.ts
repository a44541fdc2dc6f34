// Where the images of kernels lie below a folder: that of a machine (`/`), an unpacked package, or a folder with the files
// alone. The places are those of Debian, Fedora, SUSE, Arch and of kernels that were built here.

import { join } from 'node:path';
import { isFolder, isThere } from '../base/read-file.js';
import { entriesOf } from './module-files.js';

const RELEASE = /^[\w.+~-]{1,200}$/u;
const IMAGE = /^(?:vmlinuz|vmlinux|bzImage)(?:-(.+))?$/u;

const PLAIN = ['vmlinux', 'vmlinuz', 'bzImage'];

/** Places of the image of a release, the one with the most in it first. */
const placesOf = (release: string): string[] => [
  `usr/lib/debug/boot/vmlinux-${release}`,
  `usr/lib/debug/lib/modules/${release}/vmlinux`,
  `boot/vmlinux-${release}`,
  `boot/vmlinuz-${release}`,
  `lib/modules/${release}/vmlinuz`,
  `usr/lib/modules/${release}/vmlinuz`,
  `lib/modules/${release}/build/vmlinux`,
  `vmlinux-${release}`,
  `vmlinuz-${release}`,
];

/** Images that may be of a release, best first; of those without a release in their names the image itself says it. */
export const imagesIn = (folder: string, release: string | undefined): string[] =>
  [...(release !== undefined && RELEASE.test(release) ? placesOf(release) : []), ...PLAIN]
    .map((place) => join(folder, place))
    .filter((path) => isThere(path) && !isFolder(path));

/** Folders that may hold the modules of a release. */
export const moduleFoldersIn = (folder: string, release: string): string[] => {
  const usual = [`lib/modules/${release}`, `usr/lib/modules/${release}`].map((place) => join(folder, place));
  const found = RELEASE.test(release) ? usual.filter(isFolder) : [];
  // The whole of a file system is not searched.
  const isAlone = !['boot', 'lib', 'usr'].some((name) => isFolder(join(folder, name)));
  return found.length > 0 || !isAlone ? found.slice(0, 1) : [folder];
};

/** The releases that files of a folder name, in the order of their names. */
export const releasesIn = (folder: string): string[] => {
  const named = ['boot', '.', 'usr/lib/debug/boot'].flatMap((place) =>
    entriesOf(join(folder, place)).flatMap(({ name }) => IMAGE.exec(name)?.[1] ?? []),
  );
  const modules = ['lib/modules', 'usr/lib/modules'].flatMap((place) =>
    entriesOf(join(folder, place)).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])),
  );
  return [...new Set([...named, ...modules])].filter((name) => RELEASE.test(name)).toSorted();
};
