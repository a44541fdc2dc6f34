// The live page in a real Chromium, as a reader uses it to find out why 7 bytes are safe and 8 are not.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtMain } from '../helpers/built.js';
import { chromiumPath, inChromium, startChromium } from '../helpers/chromium.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

// Code for the page is text: the program does not have the types of a page.

const RUN_AXE = `axe.run('.live').then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`;

/** Elements of the controls that the window does not hold. */
const FIND_WIDE = `[...document.querySelectorAll('.live *')]
  .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(({ tagName, className }) => tagName + '.' + className)`;

/** What a page of another origin gets: from a run requested as JSON, from one requested as a form, and from a frame. */
const TRY = `(async (target) => {
  const attempt = async (init) => {
    try {
      const response = await fetch(target + 'run', init);
      return response.type + ' ' + response.status + ' ' + (await response.text());
    } catch (error) {
      return String(error);
    }
  };
  const frame = document.createElement('iframe');
  frame.src = target;
  document.body.append(frame);
  await new Promise((resolve) => (frame.onload = resolve));
  let shown = 'nothing';
  try {
    shown = frame.contentDocument?.querySelector('.live')?.textContent ?? shown;
  } catch {}
  return {
    json: await attempt({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }),
    form: await attempt({ method: 'POST', body: '{}', mode: 'no-cors' }),
    shown,
  };
})`;

describe.skipIf(chromiumPath === undefined)(inChromium('the live page'), () => {
  let browser: Browser;
  let server: ChildProcess;
  let url: string;
  let page: Page;
  let problems: string[];
  let asked: string[];
  const start = async (): Promise<void> => {
    const started = spawn(process.execPath, [builtMain, 'serve'], { stdio: ['ignore', 'pipe', 'ignore'] });
    server = started;
    const [line] = (await once(started.stdout.setEncoding('utf8'), 'data')) as [string];
    url = line.trim();
  };
  beforeAll(async () => {
    [browser] = await Promise.all([startChromium(), start()]);
  });
  afterAll(async () => {
    await browser.close();
    server.kill('SIGINT');
  });
  beforeEach(async () => {
    [problems, asked] = [[], []];
    page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('dialog', (dialog) => {
      problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(url);
  });
  afterEach(() => page.close());

  const verdict = () => page.locator('.live-verdict');
  const says = (text: string | RegExp) => verdict().filter({ hasText: text }).waitFor({ timeout: 20_000 });
  const press = async (key: string, times: number): Promise<void> => {
    for (let index = 0; index < times; index += 1) await page.keyboard.press(key);
  };

  it('says by keyboard alone that 8 bytes are corrupt and 7 are safe, and the page below follows', async () => {
    await says(
      'corrupt: shm_file_data.id 13008943 -> 13008988 (0x2f -> 0x5c). The run: BUG at shm_close+0x3e',
    );
    expect(await verdict().getAttribute('role')).toBe('status');
    await page.keyboard.press('Tab');
    expect(await page.evaluate<string>('document.activeElement?.id')).toBe('live-length');
    await press('Home', 1);
    await says('now safe');
    await press('ArrowRight', 6);
    await says('now corrupt: shm_file_data.id 13008943 -> 13008988 (0x2f -> 0x5c)');
    expect(await page.locator('.live output').textContent()).toBe('8');
    expect(await page.locator('.outcome').textContent()).toContain('BUG at shm_close+0x3e');
    await press('ArrowLeft', 1);
    await says('now safe: no byte outside an allocation is changed. The run: returned');
    expect(await page.locator('.live output').textContent()).toBe('7');
    expect(await page.locator('.outcome').textContent()).toContain('returned 0xffff880158fea140');
    await page.getByText('What you have tried').click();
    const trials = await page.locator('.live-trials li').allTextContents();
    expect(trials[0]).toMatch(/^7 bytes of path; .*: safe/u);
    expect(trials.some((text) => /^8 bytes of path; .*: corrupt/u.test(text))).toBe(true);
    expect(problems).toEqual([]);
    expect(asked.filter((one) => !one.startsWith(url) && !one.startsWith('data:'))).toEqual([]);
  });

  it('takes every parameter, and the slider goes back to the texts that were written', async () => {
    await page.getByLabel('previous').fill('zero');
    await says('now safe');
    await page.getByLabel('previous').fill('ff'.repeat(32));
    await says('now corrupt');
    await page.getByLabel('delimiter').selectOption('/');
    await says('now safe');
    await page.getByLabel('delimiter').selectOption('\\');
    await says('now corrupt');
    const prepath = await page.getByLabel('prepath').inputValue();
    const slider = page.getByLabel('bytes of path');
    await slider.fill('3');
    await expect.poll(() => page.getByLabel('prepath').inputValue(), { timeout: 20_000 }).not.toBe(prepath);
    await slider.fill('31');
    await expect.poll(() => page.getByLabel('prepath').inputValue(), { timeout: 20_000 }).toBe(prepath);
    expect(problems).toEqual([]);
  });

  it('says what is wrong with a value, at the value, and goes on', async () => {
    const field = page.getByLabel('previous');
    await field.fill('soup');
    const alert = page.locator('.live [role=alert]');
    await alert
      .filter({ hasText: 'previous: should be shm_file_data, zero, or 64 hexadecimal digits' })
      .waitFor();
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.getAttribute('aria-describedby')).toContain('live-problem');
    await field.fill('zero');
    await says('now safe');
    expect(await alert.textContent()).toBe('');
    expect(await field.getAttribute('aria-invalid')).toBe('false');
    // The browser itself reports the status 400.
    expect(problems.filter((text) => !text.includes('400'))).toEqual([]);
  });

  it('keeps its place from run to run, as far as the new run has it', async () => {
    await page.goto(`${url}#step=800`);
    await page.reload();
    await page.getByLabel('bytes of path').fill('7');
    await says('now safe');
    await page.getByLabel('bytes of path').fill('8');
    await says('now corrupt');
    expect(await page.locator('.outcome').textContent()).toContain('BUG at shm_close+0x3e');
    expect(problems).toEqual([]);
  });

  it('shows markup in a parameter as text', async () => {
    await page.getByLabel('tree').fill('<img src=x onerror=alert(1)></script><script>alert(2)</script>');
    await says(/now safe|still corrupt|now corrupt|still safe/u);
    await page.reload();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has nothing that axe finds wrong, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(readFileSync(axe, 'utf8'));
    const found = await page.evaluate<string[]>(RUN_AXE);
    expect(found).toEqual([]);
  });

  it.each([
    [1280, 720],
    [390, 844],
  ])('fits a screen of %i by %i: nothing of the controls is beside it', async (width, height) => {
    await page.setViewportSize({ width, height });
    const wide = await page.evaluate<string[]>(FIND_WIDE);
    expect(wide).toEqual([]);
  });

  it('cannot be used by a page of another port, nor shown in it', async () => {
    const stranger: Server = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>stranger</title><body></body>');
    });
    stranger.listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    await page.goto(`http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`);
    const told = await page.evaluate<Record<string, string>>(`${TRY}(${JSON.stringify(url)})`);
    expect(told).toEqual({
      json: 'TypeError: Failed to fetch',
      form: 'TypeError: Failed to fetch',
      shown: 'nothing',
    });
    stranger.close();
  });

  // The last one: it ends the server.
  it('says that the server has gone', async () => {
    server.kill('SIGINT');
    await once(server, 'close');
    await page.getByLabel('previous').fill('zero');
    await page
      .locator('.live [role=alert]')
      .filter({ hasText: 'the server does not answer: is oopslab serve still running?' })
      .waitFor();
  });
});
