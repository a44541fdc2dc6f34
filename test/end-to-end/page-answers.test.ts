// Everything in the room of one step answers: each kind of thing is clicked once in a real browser, and the reason that
// the page's laboratory gives is the one that `oopslab why` gives for the same place.
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageData } from '../../src/report/collect.js';
import { pageHtml } from '../../src/report/html.js';
import { Case } from '../../src/reading/case.js';
import { WhyCase } from '../../src/why/why.js';
import { inChromium } from '../helpers/chromium.js';
import { PageBrowser, hasChromium } from '../helpers/page-browser.js';
import { recordingOf } from '../helpers/step-recordings.js';

const STEP = 804;
const browser = new PageBrowser();
const runs = ['shm-close-bug', 'shm-close-control'] as const;

const why = {
  A: new WhyCase(new Case(recordingOf(runs[0])), new Case(recordingOf(runs[1]))),
  B: new WhyCase(new Case(recordingOf(runs[1]))),
};

const askedIn = (page: Page): string =>
  new URLSearchParams(new URL(page.url()).hash.slice(1)).get('ask') ?? '';

const answer = (page: Page): Locator => page.getByRole('region', { name: 'Answer' });

const reasons = async (page: Page): Promise<string[]> => {
  const links = answer(page).locator('.reasons li > p:last-child');
  await links.first().waitFor();
  return links.allInnerTexts();
};

// What the command says of a place.
const told = (place: string, run: 'A' | 'B' = 'A'): string[] =>
  why[run].explain(why[run].place(place)).links.map(({ says }) => says.replaceAll(/\s+/gu, ' '));

describe.skipIf(!hasChromium)(inChromium('what is clicked'), () => {
  let url = '';
  beforeAll(async () => {
    const recordings = runs.map((name) => recordingOf(name));
    const html = pageHtml(pageData(recordings[0]!, recordings[1]), { recordings });
    await browser.start();
    url = browser.keep('answers.html', html);
  });
  afterAll(() => browser.stop());

  const THINGS: readonly (readonly [kind: string, view: string, asked: string, find: (page: Page) => Locator])[] = [
    ['a register', 'machine', `rsi@${STEP}`, (page) => page.getByRole('button', { name: /^rsi, 0xc6805c/u })],
    [
      'a word of the stack', 'machine', `[0xffff880211337da0:8]@${STEP}`,
      (page) => page.getByRole('button', { name: /^rsp\+0x18, .*return to remove_vma/u }),
    ],
    ['a byte', 'machine', `[0xffff8803f382cc60:1]@${STEP}`, (page) => page.getByRole('button', { name: /^5c 2f at \+0x0/u })],
    ['an object', 'machine', `[0xffff8803f382cc60:8]@${STEP}`, (page) => page.getByRole('button', { name: /^sfd, allocated/u })],
    ['an object of a slab page', 'heap', `[0xffff8803f382cc40:8]@${STEP}`, (page) => page.getByRole('button', { name: /^object 82,/u })],
    ['a field', 'machine', `[0xffff8803f382cc60:4]@${STEP}`, (page) => page.getByRole('button', { name: /^id, 13008988/u })],
    ['a line of code', 'machine', 'rip@803', (page) => page.getByRole('button', { name: 'mov (%rbx),%esi' })],
    ['a register of the report', 'oops', 'RSI', (page) => page.getByRole('button', { name: '000000000000005c, computed' })],
    [
      'a stack word of the report', 'oops', 'stack[0]',
      (page) => page.locator('.oops [data-place="stack[0]"]'),
    ],
  ]; // prettier-ignore

  describe('one after the other in one page', () => {
    let opened: Awaited<ReturnType<PageBrowser['open']>>;
    beforeAll(async () => {
      opened = await browser.open(url, { hash: `#room=step&step=${STEP}` });
    });

    it.each(THINGS)('%s answers as the command does', async (_, view, asked, find) => {
      const { page, complaints } = opened;
      await page.evaluate(`location.hash = '#room=step&step=${STEP}&view=${view}'`);
      await find(page).first().click();
      await page.waitForURL(/ask=/u);
      expect(askedIn(page)).toBe(asked);
      expect(await reasons(page)).toEqual(told(asked));
      expect(complaints).toEqual([]);
    });
  });

  it('answers from a link that is opened cold, of either run, and goes back and forward', async () => {
    const { page } = await browser.open(url, { hash: '#room=step&step=100&ask=rdi@100&run=2' });
    expect(await reasons(page)).toEqual(told('rdi@100', 'B'));
    await browser.open(url, { hash: `#room=step&step=${STEP}&ask=rsi@${STEP}` });
    const first = await reasons(page);
    await page.getByRole('button', { name: /^rdi, / }).click();
    await expect.poll(() => askedIn(page)).toBe(`rdi@${STEP}`);
    await page.goBack();
    await expect.poll(() => askedIn(page)).toBe(`rsi@${STEP}`);
    expect(await reasons(page)).toEqual(first);
    await page.goForward();
    await expect.poll(() => askedIn(page)).toBe(`rdi@${STEP}`);
  });

  it('leads to the step of each link, and keeps the answer', async () => {
    const { page } = await browser.open(url, { hash: `#room=step&step=${STEP}&ask=rsi@${STEP}` });
    await reasons(page);
    await answer(page).getByRole('link', { name: 'Step 746: convert_delimiter+0x1c' }).click();
    await page.getByText('step 746 of').waitFor();
    expect(askedIn(page)).toBe(`rsi@${STEP}`);
    await answer(page)
      .getByRole('link', { name: /^Step 535 of the other run/u })
      .click();
    await page.getByText('step 535 of').waitFor();
    expect(await page.getByRole('radio', { name: /^B:/u }).isChecked()).toBe(true);
  });

  it('says where the value lives besides, and what ended its copies', async () => {
    const { page } = await browser.open(url, { hash: `#room=step&step=${STEP}&ask=rbx@${STEP}` });
    const lives = answer(page).locator('.lives').first();
    await expect.poll(() => lives.innerText()).toContain('file.private_data');
    await page.goto(`${url}#room=step&step=800&ask=rbp@788`);
    await expect.poll(() => lives.innerText()).toMatch(/lives in \d+ place/u);
  });

  it('marks every other place that holds what is pointed at', async () => {
    const { page } = await browser.open(url, { hash: `#room=step&step=${STEP}` });
    await page.getByRole('button', { name: /^rsi, 0xc6805c/u }).hover();
    const same = () =>
      page.locator('[data-same]').evaluateAll((all) => all.map((one) => one.getAttribute('data-place')));
    expect(await same()).toEqual(
      expect.arrayContaining(['rsi', '[0xffff8803f382cc60:1]', '[0xffff8803f382cc60:4]']),
    );
    await page.getByRole('button', { name: /^rbx, / }).focus();
    expect(await page.locator('[data-target]').count()).toBeGreaterThan(0);
    expect(await same()).not.toContain('rsi');
  });

  it('refuses what is no place in one sentence, and shows a word of the kernel as such', async () => {
    const { page, complaints } = await browser.open(url, { hash: '#room=step&step=3&ask=<img src=x>' });
    await answer(page)
      .getByText(/No reason: "<img src=x>" is not a place here/u)
      .waitFor();
    expect(await page.locator('#page img').count()).toBe(0);
    await page.goto(`${url}#room=step&step=3&ask=word 2`);
    await answer(page).getByText('text of the kernel').waitFor();
    expect(complaints).toEqual([]);
  });

  it('answers with what the page knows by itself where there is no laboratory', async () => {
    const data = pageData(recordingOf(runs[0]), undefined);
    const { page } = await browser.open(browser.keep('alone.html', pageHtml(data)), {
      hash: `#room=step&step=${STEP}&ask=rsi@${STEP}`,
    });
    await answer(page).getByText('No reason: this page was made without its laboratory.').waitFor();
    expect(await answer(page).innerText()).toMatch(/0xc6805c sfd->id int/u);
    expect(await answer(page).locator('.lives').first().innerText()).toContain('esi');
  });
});
