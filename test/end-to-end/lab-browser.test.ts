// The laboratory in a page from a file, in a real Chromium: change, check, sweep, links. One page, opened once for all.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, inChromium, startChromium } from '../helpers/chromium.js';
import { writeGuest } from '../helpers/guest-library.js';
import { oopslab } from '../helpers/oopslab.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const RUN_AXE = `axe.run().then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`;

const GUEST = `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
parameters: { n: { type: int32, default: 5 } }
world:
  caches: { size-32: { frames: [0x20000] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
steps:
  one: { call: { function: guest, arguments: ['$n'], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }
expect:
  outcome: { kind: returned }
`;

describe.skipIf(chromiumPath === undefined)(inChromium('the laboratory'), { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'oopslab-lab-'));
  const problems: string[] = [];
  let browser: Browser;
  let page: Page;
  let url = '';
  beforeAll(async () => {
    const file = join(folder, 'report.html');
    await oopslab(['report', '--output', file]);
    url = pathToFileURL(file).href;
    browser = await startChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    page.setDefaultTimeout(30_000);
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('request', (request) => {
      if (!/^(?:file|blob|data):/u.test(request.url())) problems.push(request.url());
    });
    await page.goto(`${url}#room=change`);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
    expect(problems).toEqual([]);
  });

  const says = async (words: string | RegExp): Promise<void> =>
    page.locator('.lab-says').filter({ hasText: words }).waitFor();

  it('says while the slider moves that 7 bytes do no harm and 8 do, with the bytes', async () => {
    await says('corrupt: shm_file_data.id 13008943 -> 13008988 (0x2f -> 0x5c)');
    await page.locator('#lab-length').fill('7');
    await says(/^no harm: no byte of another owner is changed, but convert_delimiter.*returned/u);
    expect(await page.locator('#lab-prepath').inputValue()).not.toBe('/team/kernel/crashes');
    expect(await page.locator('.lab-harmed').count()).toBe(0);
    await page.locator('#lab-length').fill('8');
    await says(/^corrupt: shm_file_data\.id/u);
    expect(await page.locator('.lab-harmed').allTextContents()).toEqual(['2f5c']);
  });

  it('runs what is typed as text or as bytes; what is wrong is told, and no verdict stands for it', async () => {
    await page.locator('#lab-prepath').fill('/team');
    await page.locator('#lab-prepath-bytes').fill('2f 61 ff');
    expect(await page.locator('#lab-prepath').inputValue()).toBe('/a\\xff');
    await says(/^corrupt/u);
    await page.locator('#lab-id').fill('soup');
    await page.locator('#lab-id-problem').filter({ hasText: 'should be a number' }).waitFor();
    expect(await page.locator('.lab-says').textContent()).toContain('The run before');
    expect(await page.getByRole('button', { name: 'Step through it' }).isDisabled()).toBe(true);
    await page.locator('#lab-id').fill('13008943');
    await page.locator('#lab-id-problem').waitFor({ state: 'detached' });
  });

  it('sweeps before the eyes, and runs the cell that is clicked', async () => {
    await page.getByRole('button', { name: 'Run the sweep' }).click();
    await page.getByText('Every cell was run.').waitFor();
    expect(await page.locator('.lab-cell').count()).toBe(40 * 7);
    const cell = page.locator('.lab-maprow').nth(1).locator('.lab-cell').nth(19);
    expect(await cell.getAttribute('aria-label')).toBe('20 bytes: nothing outside changes; ends well');
    await cell.click();
    await says(/^no harm/u);
    expect(await page.locator('.lab-slider output').textContent()).toBe('20');
  });

  it('checks a candidate as the command does, and draws the world that breaks it', async () => {
    const card = page.locator('section[aria-labelledby=lab-check-title]');
    await card.getByLabel('version').selectOption('nul-one-too-far');
    await card.getByLabel('worlds').selectOption('1000');
    await card.getByRole('button', { name: 'Check' }).click();
    await card.locator('.lab-counterexample .lab-strip').waitFor();
    const { stdout } = await oopslab(
      ['check', 'nul-one-too-far', '--runs', '1000', '--jobs', '1', '--json', '--counterexamples', 'none'],
      { cwd: folder },
    );
    const [found] = (
      JSON.parse(stdout) as { candidates: { property: string; world: object; runs: number }[] }
    ).candidates;
    const text = await card.locator('.lab-verdicts > li').textContent();
    expect(text).toContain(`breaks ${found!.property}`);
    for (const [name, value] of Object.entries(found!.world)) expect(text).toContain(`${name}=${value}`);
  });

  it('gives no verdict for what is no object, or a check that is stopped', async () => {
    const card = page.locator('section[aria-labelledby=lab-check-title]');
    await card.getByLabel('version').selectOption('+');
    await card.locator('#lab-paste').fill('7f 45 4c 46 <script>');
    await card.getByText('that is neither hexadecimal digits nor base64').waitFor();
    await card.locator('#lab-paste').fill('7f 45 4c 46 02 01 01 00');
    await card.getByRole('button', { name: 'Check' }).click();
    await card
      .locator('.lab-end')
      .filter({ hasText: /^No verdict: / })
      .waitFor();
    await card.getByLabel('version').selectOption('terminate-before-convert');
    await card.getByLabel('worlds').selectOption('100000');
    await card.getByRole('button', { name: 'Check' }).click();
    await card.locator('.lab-counter').waitFor();
    await card.getByRole('button', { name: 'Stop' }).click();
    await card.locator('.lab-verdicts').getByText('holds so far').first().waitFor();
    expect(await card.locator('.lab-verdicts').textContent()).toMatch(
      /holds so far; interrupted after \d+ worlds/u,
    );
  });

  it('is clean for axe', async () => {
    // The policy of the page lets no script in: the test's own goes round it.
    const context = await browser.newContext({ bypassCSP: true });
    const other = await context.newPage();
    await other.goto(`${url}#room=change`);
    await other.locator('.lab-sweep').waitFor();
    await other.addScriptTag({ path: axe });
    expect(await other.evaluate(RUN_AXE)).toEqual([]);
    await context.close();
  });

  it('puts a run in the place of the own one, and back; a link has it again, at its place', async () => {
    await page.locator('#lab-prepath').fill('/team/shared');
    await says(/^corrupt|^no harm/u);
    await page.getByRole('button', { name: 'Step through it' }).click();
    await page.locator('main.in-step').waitFor();
    const link = page.url();
    expect(link).toContain('set.prepath=%2Fteam%2Fshared');
    expect(link).toContain('room=step');
    const other = await browser.newPage();
    await other.goto(link);
    await other.locator('main.in-step').waitFor();
    const where = await page.locator('.where').textContent();
    await expect.poll(() => other.locator('.where').textContent(), { timeout: 20_000 }).toBe(where);
    await other.close();
    await page.goBack();
    await expect.poll(() => page.url(), { timeout: 20_000 }).not.toContain('set.');
    await page
      .locator('.lab-says')
      .filter({ hasText: /^corrupt/u })
      .waitFor();
  });

  it.each([
    ['bytes, at most 1023 are allowed', `#scenario=shm-close-bug&set.prepath=${'x'.repeat(5000)}`],
    ['has no parameter "nobody"', '#scenario=shm-close-bug&set.nobody=1'],
    ['there is no scenario "nobody"', '#scenario=nobody&set.a=1'],
    ['the link names no scenario', '#scenario=../../etc/passwd&set.a=1'],
    ['characters, at most', `#scenario=shm-close-bug&set.a=${'x'.repeat(40_000)}`],
  ])('a hostile link is a message: %j', async (message, hash) => {
    const other = await browser.newPage();
    await other.goto(`${url}${hash}`);
    await other.locator('.shown-problem').filter({ hasText: message }).waitFor();
    await other.close();
  });

  it("runs a scenario of the reader's library, from the file alone", async () => {
    writeGuest(folder, [0x83, 0xff, 0x05, 0x74, 0x02, 0x0f, 0x0b, 0xc3], GUEST); // ud2 unless it is 5
    const file = join(folder, 'guest.html');
    await oopslab(['report', 'guest', '--library', folder, '--output', file]);
    const other = await browser.newPage();
    await other.goto(`${pathToFileURL(file).href}#room=change`);
    await other.locator('.lab-verdict').filter({ hasText: /^safe/u }).waitFor();
    await other.locator('#lab-n').fill('6');
    await other
      .locator('.lab-verdict')
      .filter({ hasText: /^not safe: the run does not return/u })
      .waitFor();
    await other.close();
  });
});
