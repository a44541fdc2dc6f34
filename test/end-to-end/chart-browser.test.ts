// The pictures in a real Chromium: what fits by estimate fits when it is drawn.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, inChromium, startChromium } from '../helpers/chromium.js';
import { oopslab } from '../helpers/oopslab.js';

interface Drawn {
  readonly texts: number;
  /** Texts that are not wholly inside of the picture. */
  readonly outside: readonly string[];
  readonly problem: string | null;
}

// In the page: as text, since the program does not have the types of a page.
const MEASURE = `(() => {
  const box = document.documentElement.getBoundingClientRect();
  const all = [...document.querySelectorAll('text')];
  const outside = all.filter((text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    return left < box.left || right > box.right || top < box.top || bottom > box.bottom;
  });
  return {
    texts: all.length,
    outside: outside.map(({ textContent }) => textContent),
    problem: document.querySelector('parsererror')?.textContent ?? null,
  };
})()`;

describe.skipIf(chromiumPath === undefined)(inChromium('pictures'), () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await startChromium();
    page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
  });
  afterAll(() => browser.close());

  it.each([
    [['lineage']],
    [['lineage', '--analyst']],
    [['lineage', '--value', 'vma', '--value', 'sfd']],
    [['lineage', '--step', 'mount']],
    [['slab']],
    [['slab', 'slabinfo-bug']],
    [['sweep']],
    [['sweep', 'slabinfo-bug', '--lengths', '2-65']],
  ])('%j: all text is drawn inside of the picture, and fetches nothing', async (args) => {
    const { stdout } = await oopslab(['chart', ...args]);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`data:image/svg+xml,${encodeURIComponent(stdout)}`);
    const { texts, outside, problem } = await page.evaluate<Drawn>(MEASURE);
    expect(problem).toBeNull();
    expect(texts).toBeGreaterThan(20);
    expect(outside).toEqual([]);
    expect(asked.filter((url) => !url.startsWith('data:'))).toEqual([]);
  });
});
