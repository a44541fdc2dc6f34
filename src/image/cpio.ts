// The files of a cpio archive of the new ASCII format, which the payload of an RPM is. Source: cpio(5) of FreeBSD.

import type { PieceReader } from './pieces.js';
import { type ArchivedFile, type Wanted, plainName } from './tar.js';

const HEADER = 110; // bytes
const MAGICS = ['070701', '070702'];
const TRAILER = 'TRAILER!!!';
const MAX_FILE = 1 << 29; // bytes
const MAX_NAME = 4096; // bytes
const KIND = 0o170000;
const REGULAR = 0o100000;

/** The wanted files, in the order of the archive. @throws by the reader's `fail` when it is damaged */
export async function* cpioFiles(reader: PieceReader, wanted: Wanted): AsyncGenerator<ArchivedFile> {
  const align = async (): Promise<void> => reader.skip((4 - (reader.position % 4)) % 4);
  for (;;) {
    const header = await reader.take(HEADER);
    if (header === undefined) return;
    const text = new TextDecoder('latin1').decode(header);
    if (!MAGICS.includes(text.slice(0, 6)) || !/^[\da-f]*$/iu.test(text.slice(6)))
      return reader.fail('is damaged: its archive is not cpio of the new ASCII format');
    const field = (index: number): number => Number.parseInt(text.slice(6 + 8 * index, 14 + 8 * index), 16);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    if (nameSize === 0 || nameSize > MAX_NAME || size > MAX_FILE)
      return reader.fail(`is damaged: its archive has a file of ${size} bytes with a name of ${nameSize}`);
    const name = new TextDecoder().decode((await reader.take(nameSize))!.subarray(0, -1));
    await align();
    if (name === TRAILER) return;
    const plain = plainName(name);
    if ((mode & KIND) === REGULAR && wanted(plain, size))
      yield { name: plain, bytes: (await reader.take(size)) ?? new Uint8Array() };
    else await reader.skip(size);
    await align();
  }
}
