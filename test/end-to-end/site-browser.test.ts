// The page that reads reports, in a real browser: what is pasted or dropped is read in it, and nothing leaves it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crashPage } from '../../src/site/crash.js';
import { frontHtml } from '../../src/site/front.js';
import { inChromium } from '../helpers/chromium.js';
import { oopslab } from '../helpers/oopslab.js';
import { type Opened, type Opening, PageBrowser, hasChromium } from '../helpers/page-browser.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const oops = readFileSync(at('test/golden/oops.txt'), 'utf8');
const fault = readFileSync(at('test/fixtures/decode/30-nonsense-reading-called-likely.txt'), 'utf8');
const SNIPPET = 'snippets/3.0.101-84-default/shm_close';

const browser = new PageBrowser();
let url: string;
let run: string;

const open = (opening: Opening = {}): Promise<Opened> => browser.open(url, opening);

// As a browser does when a reader pastes. `text`: an expression.
const pasteMade = (page: Page, text: string): Promise<unknown> =>
  page.evaluate(`(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', ${text});
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    document.querySelector('textarea').dispatchEvent(event);
  })()`);

const paste = (page: Page, text: string): Promise<unknown> => pasteMade(page, JSON.stringify(text));

// As a browser does when files are dropped. Contents are in base64.
const drop = (page: Page, files: Readonly<Record<string, string>>): Promise<unknown> =>
  page.evaluate(`(() => {
    const dataTransfer = new DataTransfer();
    for (const [name, base64] of Object.entries(${JSON.stringify(files)}))
      dataTransfer.items.add(new File([Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))], name));
    const event = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector('.decode').dispatchEvent(event);
  })()`);

const verdict = (page: Page) => page.locator('.judged');
const title = (page: Page) => verdict(page).getByRole('heading', { level: 1 });
const word = (page: Page, text: string) =>
  page.locator('.report-lines').getByRole('button', { name: text, exact: true });
const panel = (page: Page) => page.locator('.word-panel');

describe.skipIf(!hasChromium)(inChromium('the page that reads reports'), () => {
  beforeAll(async () => {
    const crashes = ['shm-close-bug', 'timer-list'].map((name) => crashPage(name, []).crash);
    await browser.start();
    run = browser.keep('run.html', crashPage('timer-list', []).html);
    url = browser.keep('index.html', frontHtml(crashes));
  });
  afterAll(() => browser.stop());

  it('opens from a file, reads the sample with one click, asks for nothing, and complains of nothing', async () => {
    const { page, complaints, requests } = await open();
    await page.getByRole('button', { name: 'Try the published oops' }).click();
    await title(page).waitFor();
    expect(await title(page).innerText()).toBe('kernel BUG in shm_close');
    expect(await verdict(page).innerText()).toMatch(/Value\s+RAX is 0xffffffffffffffea: -22 = -EINVAL/u);
    expect(await page.getByText('Code: shm_close').count()).toBe(1);
    expect(complaints).toEqual([]);
    expect(requests.filter((one) => !one.startsWith('blob:'))).toEqual([]);
    // Also what is asked for on purpose is refused.
    const refused = page.evaluate(`fetch('http://127.0.0.1:9/').then(() => 'connected', String)`);
    expect(await refused).toContain('TypeError');
    expect(complaints.join('\n')).toContain('Content Security Policy');
  });

  it('reads what is pasted at once, as the command does, and copies it', async () => {
    const { page } = await open();
    await paste(page, oops);
    await title(page).waitFor();
    await page.evaluate(`Object.defineProperty(navigator, 'clipboard', {
      value: { writeText: (text) => Promise.resolve((globalThis.copied = text)) },
    })`);
    for (const [form, option] of [
      ['Text', '--each'],
      ['Markdown', '--md'],
      ['JSON', '--json'],
    ] as const) {
      await page.getByRole('button', { name: form, exact: true }).click();
      await page.getByText(`Copied as ${form}.`).waitFor();
      const { stdout } = await oopslab(['decode', option], { stdin: oops });
      expect(await page.evaluate('copied')).toBe(stdout);
    }
  });

  it('gives other names to what is private, as decode --redact does', async () => {
    const { page } = await open();
    await paste(page, fault);
    await title(page).waitFor();
    const own = /comm: (\S+)|Comm: (\S+)/u.exec(fault)!.slice(1).find(Boolean)!;
    expect(await page.locator('.report-lines').innerText()).toContain(own);
    await page.getByRole('checkbox', { name: 'Other names for what is private' }).check();
    await page.locator('.report-lines').getByText('task-1').first().waitFor();
    expect(await page.locator('.report-lines').innerText()).not.toContain(`omm: ${own}`);
  });

  it('says of every word what it is: by a click, and by the arrow keys', async () => {
    const { page } = await open();
    await paste(page, fault);
    await title(page).waitFor();
    // A click, and what the panel says after it is drawn.
    const said = (await page.evaluate(`(async () => {
      const said = [];
      for (const one of document.querySelectorAll('.report-lines button.known')) {
        one.click();
        await new Promise((drawn) => setTimeout(drawn));
        said.push(document.querySelector('.word-panel').innerText);
      }
      return said;
    })()`)) as string[];
    expect(said.length).toBeGreaterThan(40);
    for (const one of said) expect(one).toMatch(/\S\n+\S|=/u);
    const first = page.locator('.report-lines button.known').first();
    await first.focus();
    await page.keyboard.press('End');
    expect(await panel(page).innerText()).toBe(said.at(-1));
    await page.keyboard.press('Home');
    expect(await panel(page).innerText()).toBe(said[0]);
  });

  it('takes code that is dropped beside it, and says in one line what is wrong with other code', async () => {
    const { page } = await open();
    await paste(page, oops);
    await title(page).waitFor();
    expect(await verdict(page).innerText()).toContain('compared by shm_close+0x33');
    expect(await page.getByText('callq 0xffffffff811e00e0').count()).toBeGreaterThan(0);
    const file = (end: string) => readFileSync(at(`${SNIPPET}.${end}`)).toString('base64');
    await drop(page, { 'shm_close.json': file('json'), 'shm_close.hex': file('hex') });
    await page.getByText('shm_close.json, shm_close.hex').waitFor();
    await title(page).waitFor();
    await word(page, 'RBP: ffffffff81a46920').click();
    expect(await panel(page).innerText()).toMatch(/certain|likely/u);
    await drop(page, { 'damaged.o': Buffer.from('\u007FELF and nothing else').toString('base64') });
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/^[^\n]*ELF[^\n]*$/u);
    await page.getByRole('button', { name: 'Read it without the code of damaged.o' }).click();
    await title(page).waitFor();
  });

  it('shows several reports in groups, each behind a link that back and forward go through', async () => {
    const { page } = await open();
    await paste(page, `${oops}\n${fault}\n${oops}`);
    await page.getByRole('heading', { name: '3 reports in 2 groups' }).waitFor();
    await page.getByRole('button', { name: /^report 2/u }).click();
    const second = await title(page).innerText();
    expect(second).not.toBe('kernel BUG in shm_close');
    expect(new URL(page.url()).hash).toBe('#report=2');
    await page.goBack();
    expect(await title(page).innerText()).toBe('kernel BUG in shm_close');
    await page.goForward();
    expect(await title(page).innerText()).toBe(second);
    await page.getByRole('button', { name: 'Another text' }).click();
    await page.getByRole('heading', { name: 'Paste a kernel report' }).waitFor();
  });

  it('shows hostile texts as text', async () => {
    const { page, complaints } = await open();
    const text = oops
      .replace('CPU 1', 'CPU 1 <script>document.body.remove()</script><img src=x onerror=alert(1)>')
      .replace('Supported:', '\u202Edetroppus\u2066\0\uD800:');
    await paste(page, text);
    await title(page).waitFor();
    const shown = await page.locator('.report-lines').innerText();
    expect(shown).toContain('<script>document.body.remove()</script>');
    expect(shown).not.toMatch(/[\u202E\u2066\0]/u);
    expect(await page.locator('#page script, #page img').count()).toBe(0);
    for (const nothing of ['', '\0'.repeat(1000), '\uD800', '<script>']) {
      await page.getByRole('button', { name: 'Another text' }).click();
      await page.getByRole('textbox', { name: 'The text' }).fill(nothing);
      await page.getByRole('button', { name: 'Read it', exact: true }).click();
      await page.getByRole('heading', { name: 'No report of an x86-64 kernel was found' }).waitFor();
    }
    expect(complaints).toEqual([]);
  });

  it('reads a million lines while the page answers, and stops when it is told to', async () => {
    const { page } = await open();
    const line = 'systemd[1]: Started a unit that is of no interest to anybody.\n';
    await pasteMade(page, `${JSON.stringify(line)}.repeat(1_000_000) + ${JSON.stringify(oops)}`);
    await title(page).waitFor();
    expect(await page.locator('.kicker').innerText()).toContain('lines 1000001 to 1000037');
    await page.getByRole('button', { name: 'Another text' }).click();
    expect(await page.locator('.instead').innerText()).toMatch(/^a pasted text, 59\.\d MiB/u);
    await page.getByRole('button', { name: 'Take it away' }).click();
    await pasteMade(page, `${JSON.stringify(`${oops}\n`)}.repeat(2000)`);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('alert').getByText('Stopped.').waitFor();
    await page.getByRole('button', { name: 'Back to the text' }).click();
    await page.getByRole('button', { name: 'Try the published oops' }).click();
    await title(page).waitFor();
  });

  it('is a room of the page of a run, too, with the report of the run to try', async () => {
    const { page, complaints } = await browser.open(run, { hash: '#room=decode' });
    await page.getByRole('button', { name: 'Try the report of this run' }).click();
    expect(await title(page).innerText()).toContain('device_interrupt');
    await page.locator('.report-lines button.known').first().click();
    expect(await panel(page).innerText()).toContain('device_interrupt');
    expect(new URL(page.url()).hash).toContain('room=decode');
    expect(complaints).toEqual([]);
  });

  it.each([
    { width: 1280, height: 720, scheme: 'light' },
    { width: 390, height: 844, scheme: 'dark' },
  ] as const)(
    'has no fault that axe finds, and nothing beside the screen: $width, $scheme',
    async (opening) => {
      const { page } = await open(opening);
      const check = async (): Promise<void> => {
        await page.evaluate(axe);
        const faults = await page.evaluate(async () => {
          const { violations } = await (
            globalThis as unknown as { axe: typeof import('axe-core') }
          ).axe.run();
          return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
        });
        expect(faults).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(opening.width);
      };
      await check();
      await paste(page, `${fault}\n${oops}`);
      await title(page).waitFor();
      await page.locator('.report-lines button.known').nth(3).click();
      for (const one of await page.locator('summary').all()) await one.click();
      await check();
    },
  );
});
