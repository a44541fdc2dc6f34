// Bytes that are pasted into a page: hexadecimal digits or base64, of any length, read without holding up the tab.
import { describe, expect, it } from 'vitest';
import { bytesOfHex, bytesOfPaste } from '../../page/lab/text-bytes.js';

const bytes = (text: string): number[] | undefined => {
  const read = bytesOfPaste(text);
  return read && [...read];
};

describe('bytes that are pasted', () => {
  it('are hexadecimal digits, or base64, with white space anywhere', () => {
    expect(bytes('7f454C46')).toEqual([0x7f, 0x45, 0x4c, 0x46]);
    expect(bytes(' 7f 4\n5\t4c\u00a046\r\n')).toEqual([0x7f, 0x45, 0x4c, 0x46]);
    expect(bytes('f0\nVM\nRg==')).toEqual([0x7f, 0x45, 0x4c, 0x46]);
    expect([...bytesOfHex('')!]).toEqual([]);
  });

  it.each(['', ' \n', 'f', '7f4', '7f45:', '\u017f\u017f', '7\ud800', '<img src=x>', 'é'])(
    'are not %j',
    (text) => {
      expect(bytesOfHex(text)?.length ?? 0).toBe(0);
      if (text !== '7f4') expect(bytesOfPaste(text)).toBeUndefined();
    },
  );

  // As lists of pairs and of words they took the thread for ten seconds where a file is large.
  it('are read in the time of a few looks at each character', () => {
    const text = 'ab '.repeat(1_000_000);
    const cpu = (work: () => void): number => {
      const before = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const look = (): void => {
      let sum = 0;
      for (let index = 0; index < text.length; index += 1) sum += text.charCodeAt(index);
      expect(sum).toBe(1_000_000 * (0x61 + 0x62 + 0x20));
    };
    const read = (): void => expect(bytesOfPaste(text)?.length).toBe(1_000_000);
    look();
    read();
    const ratio = cpu(read) / Math.max(cpu(look), 1000);
    expect(ratio).toBeLessThan(8);
  });
});
