// The first screen and the story in a real browser: the point is seen at once, every link of it leads on, and the scenes
// are gone through by keys, by clicks and by play.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageData } from '../../src/report/collect.js';
import { pageHtml } from '../../src/report/html.js';
import type { PageData } from '../../src/report/page-data.js';
import { inChromium } from '../helpers/chromium.js';
import { type Opening, PageBrowser, hasChromium } from '../helpers/page-browser.js';
import { recordingOf } from '../helpers/step-recordings.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [
  ['a projector', 1280, 720],
  ['a large screen', 1920, 1080],
  ['a phone', 390, 844],
] as const;

const browser = new PageBrowser();
let data: PageData;
let url: string;

const open = (opening: Opening = {}) => browser.open(url, opening);

const sceneOf = (page: Page): Promise<string> =>
  page.getByRole('article', { name: 'Scene' }).getByRole('heading').innerText();

// What is cut: text that is wider or higher than a box that hides the rest.
const CUT = `[...document.querySelectorAll('#page *')].filter((one) => {
  const style = getComputedStyle(one);
  if (one.closest('.hidden, .more, svg, select') !== null || one.clientWidth <= 1) return false;
  const hides = style.overflowX === 'hidden' || style.textOverflow === 'ellipsis';
  return hides && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1);
}).map((one) => one.className + ': ' + one.textContent.slice(0, 80))`;

describe.skipIf(!hasChromium)(inChromium('the first screen and the story'), () => {
  beforeAll(async () => {
    data = pageData(recordingOf('shm-close-bug'), recordingOf('shm-close-control'));
    await browser.start();
    url = browser.keep('front.html', pageHtml(data));
  });
  afterAll(() => browser.stop());

  describe('the first screen', () => {
    it.each(SIZES.slice(0, 2))(
      'shows all of the point on %s, without scrolling',
      async (_, width, height) => {
        const { page, complaints, requests } = await open({ width, height });
        const headline = page.getByRole('heading', { level: 2 }).first();
        const { point } = data.runs[0]!;
        expect(await headline.innerText()).toBe(point.headline.map(({ text }) => text).join(''));
        const damaged = page.getByRole('img', { name: '0xffff8803f382cc60: 5c, was 2f, damaged' });
        const ways = page.getByRole('navigation', { name: 'Go on' });
        const chain = page.getByRole('region', { name: 'Why' }).getByRole('link');
        expect(await chain.count()).toBe(point.why!.links.length);
        for (const one of [
          headline,
          damaged,
          ways.getByText(point.end),
          ways.getByRole('link').last(),
          chain.last(),
        ]) {
          const box = (await one.boundingBox())!;
          expect(box.y + box.height).toBeLessThanOrEqual(height);
        }
        const scrolls = `[document.documentElement, document.querySelector('main'), document.querySelector('.causes')]
        .map((one) => one.scrollHeight - one.clientHeight)`;
        expect(await page.evaluate(scrolls)).toEqual([0, 0, 0]);
        expect([complaints, requests]).toEqual([[], []]);
      },
    );

    it('leads from a link of the chain to its step, in the run that it is of, and back', async () => {
      const { page } = await open();
      const chain = page.getByRole('region', { name: 'Why' });
      await chain.getByRole('link', { name: /^746/u }).click();
      await page.getByText('step 746 of').waitFor();
      await page.goBack();
      await chain.getByRole('link', { name: /^B 535/u }).click();
      await page.getByText('step 535 of 877').waitFor();
      expect(await page.getByRole('radio', { name: 'B: shm-close-control' }).isChecked()).toBe(true);
    });

    it.each([
      ['Play the story', 'story'],
      ['Step yourself', 'step'],
      ['Change something', 'change'],
      ['Take the course', 'course'],
    ])('leads on: %s', async (name, room) => {
      const { page } = await open();
      await page.getByRole('navigation', { name: 'Go on' }).getByRole('link', { name }).click();
      await page.locator(`main.in-${room}`).waitFor();
      const links = page.getByRole('navigation', { name: 'Rooms of the page' });
      expect(await links.locator('[aria-current=page]').getAttribute('href')).toContain(`room=${room}`);
    });

    it('says of the control that nothing went wrong', async () => {
      const { page } = await open();
      await page.getByRole('radio', { name: 'B: shm-close-control' }).check();
      const headline = page.getByRole('heading', { level: 2 }).first();
      expect(await headline.innerText()).toMatch(/^Nothing went wrong: 877 instructions ran/u);
    });
  });

  describe('the story', () => {
    it('is gone through by keys, scene by scene, and by the instruction', async () => {
      const { page } = await open({ hash: '#room=story&step=0&scene=1' });
      const { scenes } = data.runs[0]!;
      const seen: string[] = [];
      for (const scene of scenes) {
        seen.push(await sceneOf(page));
        if (scene !== scenes.at(-1)) await page.keyboard.press('n');
      }
      expect(seen.map((one) => one.toLowerCase())).toEqual(
        scenes.map(({ title, where }) => (where === '' ? title : `${title} in ${where}`).toLowerCase()),
      );
      await page.keyboard.press('Shift+N');
      expect(await sceneOf(page)).toBe(seen.at(-2));
      await page.keyboard.press('g');
      expect(await sceneOf(page)).toMatch(/^out of bounds/iu);
      const machine = page.getByRole('complementary', { name: 'The machine' });
      expect(await machine.innerText()).toContain('step 746');
      expect(await machine.locator('[aria-current=step]').innerText()).toContain('mov %sil,(%rdi)');
      await page.keyboard.press('s');
      expect(await machine.innerText()).toContain('step 747');
      expect(await sceneOf(page)).toMatch(/^out of bounds/iu);
    });

    it('draws who has which slot, the bytes, the pointer, the branch and the report', async () => {
      const { page } = await open({ hash: '#room=story&step=0&scene=3' });
      const scene = page.getByRole('article', { name: 'Scene' });
      const slot = scene.locator('.slots li', { hasText: '0xffff8803f382cc40' });
      expect(await slot.innerText()).toMatch(/sfd_b\s+freed now/u);
      const go = async (name: RegExp): Promise<void> => {
        await page.getByRole('group', { name: 'All scenes' }).getByRole('button', { name }).click();
      };
      await go(/mount$/u);
      expect(await slot.innerText()).toMatch(/path\s+allocated, where sfd_b was/u);
      await go(/out of bounds/u);
      expect(await scene.locator('.pointer').first().innerText()).toBe('');
      expect(await scene.locator('.pointer', { hasText: 'rdi' }).count()).toBe(1);
      expect(await scene.locator('.cellbyte.damaged').getAttribute('aria-label')).toContain('5c, was 2f');
      await go(/branch in idr_find/u);
      expect(await scene.getByRole('group', { name: 'The branch' }).innerText()).toMatch(
        /esi = 0x5c \(92\) >= eax = 0x40 \(64\)\s+goes to idr_find\+0x75\s+not to idr_find\+0x28/u,
      );
      await go(/trap/u);
      expect(await scene.locator('.report').innerText()).toContain('kernel BUG at');
    });

    it('plays from scene to scene, not through the steps between, and stops at the end', async () => {
      const { page } = await open({ hash: '#room=story&step=0&scene=1' });
      const { scenes } = data.runs[0]!;
      await page.clock.install();
      await page.reload();
      await page.getByRole('button', { name: 'Play', exact: true }).click();
      for (const { title } of scenes.slice(1)) {
        await page.clock.runFor(5100);
        expect((await sceneOf(page)).toLowerCase()).toContain(title.toLowerCase());
      }
      await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    });

    it('moves nothing for who asked for less motion', async () => {
      const { page } = await open({ hash: '#room=story&step=746' });
      const moving = `document.getAnimations().length`;
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await page.keyboard.press('n');
      expect(await page.evaluate(moving)).toBe(0);
      await page.emulateMedia({ reducedMotion: null });
    });
  });

  it.each(SIZES)(
    'cuts no text, is no wider than %s, and has nothing that axe finds',
    async (_, width, height) => {
      for (const scheme of ['light', 'dark'] as const) {
        for (const hash of ['#room=start', '#room=story&step=746', '#room=story&step=126']) {
          const { page } = await open({ width, height, scheme, hash });
          await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
          expect(await page.evaluate(CUT), `${hash}, ${scheme}`).toEqual([]);
          const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect(overflow, `${hash}, ${scheme}`).toBeLessThanOrEqual(0);
          await page.evaluate(axe);
          const found = await page.evaluate(`axe.run().then(({ violations }) =>
          violations.flatMap(({ id, nodes }) =>
            nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`);
          expect(found, `${hash}, ${scheme}`).toEqual([]);
        }
      }
    },
  );
});
