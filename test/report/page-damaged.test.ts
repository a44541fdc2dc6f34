// A page's file that was changed by hand: what is damaged in it is said in words that are the page's own.
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inflateText } from '../../page/model/packed.js';
import { readPageData } from '../../page/model/read-data.js';

const packed = (text: string): string => deflateRawSync(text).toString('base64');
const CUT = deflateRawSync('x'.repeat(100) + 'a program')
  .subarray(0, -3)
  .toString('base64');

describe('data of a page', () => {
  it.each(['%%%', ' ', CUT, packed(''), packed('null'), packed('7'), packed('{"runs":'), '{"runs":'])(
    'that is damaged is called so: %j',
    (text) => expect(() => readPageData(text)).toThrow(/^its data is damaged$/u),
  );

  it('is JSON, packed or as it is', () => {
    for (const text of ['{"runs":[]}', packed('{"runs":[]}')])
      expect(readPageData(text)).toEqual({ runs: [] });
  });
});

describe('the program of a page’s laboratory', () => {
  it.each(['%%%', CUT, 'AAAA'])('is none where it is damaged: %j', async (text) => {
    expect(await inflateText(text)).toBeUndefined();
  });

  it('is the text that was packed', async () => {
    expect(await inflateText(packed('1;'))).toBe('1;');
  });
});
