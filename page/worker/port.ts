// What both workers have: where messages come from and go to, and the files of the page.

import { unpackFiles } from '../../src/report/pack.js';
import type { Asked, Interruption } from '../../src/laboratory/questions.js';
import { GIVEN, mountFiles, rmSync } from '../host/files.js';
import { setIced } from '../host/iced.js';
import type { Order } from './order.js';

const ICED = '/oopslab/iced_x86_bg.wasm';

/** The page. */
export const port = globalThis as unknown as {
  addEventListener(
    kind: 'message',
    listener: (event: { readonly data: Order | Asked | Interruption }) => void,
  ): void;
  postMessage(message: unknown, transfer: readonly unknown[]): void;
};

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));

/** Put the files of an order in their places. @returns their contents by path */
export const unpack = ({ packs }: Order): [path: string, bytes: Uint8Array][] => {
  const files = packs.flatMap((pack) => (pack === '' ? [] : [...unpackFiles(bytesOf(pack))]));
  mountFiles(files);
  const iced = files.find(([path]) => path === ICED);
  if (iced !== undefined) setIced(iced[1]);
  return files;
};

/** Put the files that a reader gave with a question in their places, instead of those of the question before. */
export const takeFiles = ({ files }: Asked): void => {
  if (files === undefined) return;
  rmSync(GIVEN);
  mountFiles(files.map(([path, bytes]) => [`${GIVEN}/${path}`, bytes]));
};
