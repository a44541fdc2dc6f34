// The page in a real browser: every way to move in it, for every reader, and nothing that it was not built with runs.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageData } from '../../src/report/collect.js';
import { pageHtml } from '../../src/report/html.js';
import type { PageData, PageRun } from '../../src/report/page-data.js';
import { type Opening, PageBrowser, hasChromium } from '../helpers/page-browser.js';
import { recordingOf } from '../helpers/step-recordings.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIEWS = ['answer', 'machine', 'heap', 'lineage', 'oops', 'compare', 'story'] as const;
const GUILTY = 746;
const TRAP = 838;

const browser = new PageBrowser();
let data: PageData;
let url: string;
let html: string;

/** In the room of the steps, unless the address says otherwise. */
const open = ({ hash = '#room=step', ...opening }: Opening = {}) => browser.open(url, { hash, ...opening });

const stepOf = async (page: Page): Promise<number> =>
  Number(await page.getByRole('slider', { name: 'Step of the run' }).inputValue());

const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true });

/** A button of a step back, forward, … of the time line. */
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

const title = `the page in Chromium${hasChromium ? '' : ' (needs chromium, which is missing)'}`;

describe.skipIf(!hasChromium)(title, () => {
  beforeAll(async () => {
    data = pageData(recordingOf('shm-close-bug'), recordingOf('shm-close-control'));
    html = pageHtml(data);
    await browser.start();
    url = browser.keep('report.html', html);
  });
  afterAll(() => browser.stop());

  it('opens from a file, loads nothing else, and has nothing to complain about, in any part', async () => {
    expect(html.length).toBeLessThan(1_500_000);
    const { page, complaints, requests } = await open();
    for (const label of ['Slab page', 'Lineage', 'Oops', 'A and B', 'Story', 'Answer', 'Fields']) {
      await tab(page, label).click();
      expect(await tab(page, label).getAttribute('aria-selected')).toBe('true');
    }
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
  });

  describe('the time line', () => {
    it('steps, goes to both ends, and is dragged', async () => {
      const { page } = await open({ hash: '#step=412' });
      await button(page, 'Step forward').click();
      expect(await stepOf(page)).toBe(413);
      await button(page, 'Step back').click();
      await button(page, 'Step back').click();
      expect(await stepOf(page)).toBe(411);
      await button(page, 'To the end').click();
      expect(await stepOf(page)).toBe(data.runs[0]!.instructions);
      await button(page, 'To the start').click();
      expect(await stepOf(page)).toBe(0);
      const slider = page.getByRole('slider', { name: 'Step of the run' });
      await slider.fill('700');
      expect(await page.locator('.where').innerText()).toContain('700');
    });

    it('jumps to an allocation, the guilty write, the trap and the first difference', async () => {
      const { page } = await open();
      const allocated = data.runs[0]!.marks.find(
        ({ kind, label }) => kind === 'reuse' && label.startsWith('allocate path'),
      )!;
      await button(page, allocated.label).click();
      expect(await stepOf(page)).toBe(allocated.at);
      await button(page, `After: ${allocated.label}`).click();
      expect(await stepOf(page)).toBe(allocated.at + 1);
      await page.getByRole('button', { name: /^guilty write/u }).click();
      expect(await stepOf(page)).toBe(GUILTY);
      await page.getByRole('button', { name: /^After: guilty write/u }).click();
      expect(await stepOf(page)).toBe(GUILTY + 1);
      await button(page, 'trap').click();
      expect(await stepOf(page)).toBe(TRAP);
      await button(page, 'first difference').click();
      expect(await stepOf(page)).toBe(data.comparison!.firstDifference!.instruction);
    });

    it('plays until it is paused, and stops at the end', async () => {
      const { page } = await open({ hash: '#step=830' });
      await page.getByRole('combobox', { name: 'Speed' }).selectOption('fast');
      await button(page, 'Play').click();
      await button(page, 'Play').waitFor(); // it is named so again when it has ended
      expect(await stepOf(page)).toBe(data.runs[0]!.instructions);
      await button(page, 'Play').click(); // from the start again
      await button(page, 'Pause').click();
      const at = await stepOf(page);
      expect(at).toBeLessThan(data.runs[0]!.instructions);
    });
  });

  describe('what is shown of a step', () => {
    it('is the instruction that runs next, with its source line', async () => {
      const { page } = await open({ hash: '#step=804' });
      const current = page.locator('.codes .code [aria-current=step]');
      expect(await current.innerText()).toContain('lea 0x98(%rbp),%rdi');
      expect(await page.locator('.where').innerText()).toContain('ipc/shm.c:125');
    });

    it('is what registers hold and mean, what changed, and what is lost since when', async () => {
      const { page } = await open({ hash: '#step=795' });
      const rdi = page.getByRole('row', { name: /^rdi/u });
      expect(await rdi.innerText()).toContain('0xffff88016d2319e0');
      expect(await rdi.innerText()).toContain('vma');
      await button(page, 'Step forward').click();
      const rdiNow = await page.getByRole('row', { name: /^rdi/u }).innerText();
      expect(rdiNow).not.toContain('0xffff88016d2319e0');
    });

    it('leads from a name that is lost to the step that ended it', async () => {
      const { page } = await open({ hash: '#step=804' });
      await page.getByRole('button', { name: /^Step 792: vma destroyed by shm_close\+0xb/u }).click();
      expect(await stepOf(page)).toBe(792);
      expect(await page.getByRole('row', { name: /^rbx/u }).innerText()).toContain('vma');
    });

    it('is every word of the stack, explained', async () => {
      const { page } = await open({ hash: '#step=804' });
      const stack = page.getByRole('region', { name: 'Stack' });
      expect(await stack.innerText()).toContain('saved rbx = vma, by shm_close+0x3');
      expect(await stack.innerText()).toContain('return to remove_vma+0x24');
    });
  });

  describe('the slab page', () => {
    it('is beside the bytes of the object, in which the overrun happens: 2f turns 5c, and stays damaged', async () => {
      const { page } = await open({ hash: `#step=${GUILTY}&view=heap` });
      const first = page.locator('.objectbytes .slot').nth(1).locator('.byte').first();
      expect(await first.locator('b').innerText()).toBe('2f');
      expect(await first.getAttribute('class')).toContain('next write'); // is about to be written
      await button(page, 'Step forward').click();
      expect(await first.locator('b').innerText()).toBe('5c');
      expect(await first.locator('.was').innerText()).toBe('2f');
      await button(page, 'Step forward').click();
      expect(await first.getAttribute('class')).toContain('damaged');
      await page.getByRole('slider', { name: 'Step of the run' }).fill(String(GUILTY));
      expect(await first.locator('b').innerText()).toBe('2f');
    });

    it('shows every object with owner and state, and of one its bytes and fields', async () => {
      const { page } = await open({ hash: `#step=${GUILTY + 1}&view=heap` });
      const objects = page.getByRole('group', { name: 'Objects of a page of size-32' }).getByRole('button');
      expect(await objects.count()).toBe(112);
      await page.getByRole('button', { name: /^object 83, sfd, allocated/u }).click();
      const answer = page.getByRole('region', { name: 'Answer' });
      expect(await answer.innerText()).toContain('struct shm_file_data');
      await tab(page, 'Fields').click();
      const details = page.getByRole('region', { name: 'Object', exact: true });
      expect(await details.innerText()).toMatch(/shm_file_data[\s\S]*id\s+13008988 \(0xc6805c\)/u);
    });

    it('says that a freed slot waits in the CPU’s array, and shows other pages', async () => {
      const { page } = await open({ hash: '#step=200&view=heap' });
      const slot = page.getByRole('button', { name: /^object 82,/u });
      expect(await slot.getAttribute('aria-label')).toContain('was sfd_b, free, in the CPU’s array');
      const pages = page.getByRole('combobox', { name: 'Slab page' });
      const label = (await pages.locator('option').allInnerTexts()).find((text) =>
        text.startsWith('vm_area_struct'),
      )!;
      await pages.selectOption(label);
      expect(await page.getByRole('group', { name: 'Objects of a page of vm_area_struct' }).count()).toBe(1);
    });
  });

  describe('the lineage chart', () => {
    it('follows a value that is clicked, and tells its life', async () => {
      const { page } = await open({ hash: '#step=804&view=lineage' });
      await page.getByRole('button', { name: /^[A-Z]\d*: vma in rbx/u }).click();
      const life = page.getByRole('region', { name: 'The value that is followed' });
      expect(await life.innerText()).toContain('destroyed by shm_close+0xb mov 0xa0(%rax),%rbx');
      expect(await page.locator('.bar.followed').count()).toBeGreaterThan(2);
      await page.getByRole('button', { name: 'follow no value' }).click();
      expect(await page.locator('.bar.followed').count()).toBe(0);
    });

    it('goes to a death that is clicked', async () => {
      const { page } = await open({ hash: '#step=804&view=lineage' });
      await page
        .getByRole('button', { name: /^Go to step 795: vma in rdi destroyed by shm_close\+0x1d/u })
        .click();
      expect(await stepOf(page)).toBe(795);
    });

    it('shows another step of the scenario', async () => {
      const { page } = await open({ hash: '#step=804&view=lineage' });
      await page.getByRole('combobox', { name: 'Where values lived' }).selectOption({ index: 2 });
      expect(await page.getByRole('group', { name: 'Values' }).innerText()).toContain('full_path');
    });
  });

  describe('the report', () => {
    it('marks each word by colour and by another sign', async () => {
      const { page } = await open({ hash: `#step=${TRAP}&view=oops` });
      const words = page.locator('.oops .word');
      const counts = await Promise.all(
        ['computed', 'carried', 'given'].map((kind) => page.locator(`.oops .word.${kind}`).count()),
      );
      expect(counts).toEqual([112, 13, 120]);
      expect(await words.count()).toBe(245);
      const decoration = (kind: string) =>
        page
          .locator(`.oops .word.${kind}`)
          .first()
          .evaluate((word) => word.ownerDocument.defaultView?.getComputedStyle(word).textDecorationStyle);
      expect([await decoration('computed'), await decoration('carried')]).toEqual(['solid', 'dashed']);
    });

    it('tells where a word came from, and what it is when it is clicked', async () => {
      const { page } = await open({ hash: `#step=${TRAP}&view=oops` });
      const word = page.getByRole('button', { name: '000000000000005c, computed' });
      await word.hover();
      const told = page.locator('.explanation');
      expect(await told.innerText()).toContain(
        'register rsi at the trap; made by ipc_lock+0xd and $0x7fff,%esi',
      );
      await word.click();
      expect(await page.locator('.told .bits').innerText()).toBe('0x5c');
    });
  });

  describe('bug and control', () => {
    it('go together, and the first difference is marked', async () => {
      const { page } = await open({ hash: '#step=533&view=compare' });
      const parting = page.locator('.parting');
      const halves = page.locator('.half .which');
      expect(await parting.innerText()).toContain('Up to here both do the same.');
      expect(await halves.allInnerTexts()).toEqual([
        expect.stringContaining('step 533 of 839'),
        expect.stringContaining('step 533 of 877'),
      ]);
      await button(page, 'Step forward').click();
      expect(await parting.innerText()).toContain('Here they part.');
      await page.getByRole('slider', { name: 'Step of the run' }).fill(String(GUILTY + 1));
      const bytes = page.locator('.half .slot:nth-child(2) .byte:first-child b');
      expect(await bytes.allInnerTexts()).toEqual(['5c', '2f']);
    });

    it('can change places', async () => {
      const { page } = await open({ hash: '#step=776' });
      await page.getByRole('radio', { name: 'B: shm-close-control' }).check();
      expect(await stepOf(page)).toBe(data.runs[1]!.steps.find(({ step }) => step === 'exit')!.from);
      expect(await page.locator('.top .outcome').innerText()).toContain('returned');
    });
  });

  it('tells the story, and goes to what happened', async () => {
    const { page } = await open({ hash: '#step=0&view=story' });
    const event = page
      .locator('.events li', { hasText: '2f becomes' })
      .or(page.locator('.events li.alarm', { hasText: '0x5c' }));
    await event.first().getByRole('button').click();
    expect(await stepOf(page)).toBe(GUILTY + 1);
    expect(await page.getByRole('region', { name: 'About this run' }).innerText()).toContain('shm-close-bug');
  });

  describe('a deep link', () => {
    it('leads to its place and survives a reload', async () => {
      const { page } = await open({ hash: '#step=800&value=vma&view=lineage' });
      const life = page.getByRole('region', { name: 'The value that is followed' });
      expect(await life.innerText()).toContain('vma');
      await button(page, 'Step forward').click();
      await page.waitForURL(/step=801/u);
      await page.reload();
      expect(await stepOf(page)).toBe(801);
      expect(await life.innerText()).toContain('vma');
      await page.evaluate(`location.hash = '#step=12'`);
      await page.getByText('step 12 of').waitFor();
    });

    it.each([
      '#room=step&step=-3',
      '#room=step&step=1e9&view=nowhere&value=<img src=x onerror=alert(1)>&object=0xffffffffffffffff&run=9',
      '#room=step&%E0%A4%A',
    ])('that is wrong does no harm: %s', async (hash) => {
      const { page, complaints } = await open({ hash });
      expect(await stepOf(page)).toBeGreaterThanOrEqual(0);
      expect(await page.locator('img').count()).toBe(0);
      expect(complaints).toEqual([]);
    });

    it('beyond the end leads to the end', async () => {
      const { page } = await open({ hash: '#step=999999999' });
      expect(await stepOf(page)).toBe(data.runs[0]!.instructions);
    });
  });

  describe('with the keyboard alone', () => {
    it('one moves in time and between the parts', async () => {
      const { page } = await open();
      for (const [key, step] of [
        ['s', 1],
        ['ArrowRight', 2],
        ['b', 1],
        ['Shift+ArrowRight', 11],
        ['g', GUILTY],
        ['t', TRAP],
        ['Home', 0],
        ['End', 839],
      ] as const) {
        await page.keyboard.press(key);
        expect(await stepOf(page), key).toBe(step);
      }
      await page.keyboard.press('3');
      expect(await tab(page, 'Slab page').getAttribute('aria-selected')).toBe('true');
      await tab(page, 'Slab page').focus();
      await page.keyboard.press('ArrowRight');
      expect(await tab(page, 'Lineage').getAttribute('aria-selected')).toBe('true');
      expect(await page.evaluate('document.activeElement.id')).toBe('tab-lineage');
    });

    it('one reaches everything: each group is one stop of the Tab key, arrows go on inside of it', async () => {
      const { page } = await open({ hash: '#step=804&view=heap' });
      await tab(page, 'Slab page').focus();
      const names: string[] = [];
      for (let stops = 0; stops < 3; stops += 1) {
        await page.keyboard.press('Tab');
        names.push(
          String(
            await page.evaluate(
              `document.activeElement.getAttribute('aria-label') ?? document.activeElement.id`,
            ),
          ),
        );
      }
      expect(names.filter((name) => name.startsWith('object '))).toEqual([
        expect.stringMatching(/^object 83, sfd/u),
      ]);
      await page.keyboard.press('ArrowDown');
      expect(await page.evaluate(`document.activeElement.getAttribute('aria-label')`)).toMatch(
        /^object 91,/u,
      );
      expect(await stepOf(page)).toBe(804); // the arrows were the page's picture's
      await page.keyboard.press('Enter');
      await page.waitForURL(/object=0xffff8803f382cd60/u);
      expect(await page.locator('.told h2 code').innerText()).not.toBe('');
    });

    it('one reads the keys, and turns those of one letter off', async () => {
      const { page } = await open();
      await page.keyboard.press('?');
      await page.getByRole('checkbox', { name: /keys of one letter/u }).uncheck();
      await page.keyboard.press('Escape');
      await page.keyboard.press('s');
      expect(await stepOf(page)).toBe(0);
    });
  });

  describe('for everybody', () => {
    it.each([
      ['a projector', 1280, 720],
      ['a large screen', 1920, 1080],
      ['a phone', 390, 844],
    ])('has no violation that axe finds, light and dark, on %s', async (_, width, height) => {
      for (const scheme of ['light', 'dark'] as const) {
        const { page, complaints } = await open({
          width,
          height,
          scheme,
          hash: `#step=${GUILTY + 1}&value=vma&ask=rdi@${GUILTY + 1}`,
        });
        await page.evaluate(axe);
        // The rest of the page is the same beside each pane.
        const views = VIEWS.filter((one) => one !== 'answer' || width < 1590);
        for (const view of views) {
          await page.locator(`#tab-${view}`).click();
          const part = view === views[0] ? 'document' : `'#panel'`;
          await page.locator('.top h1').hover();
          const found = await page.evaluate(`axe.run(${part}).then(({ violations }) =>
            violations.flatMap(({ id, nodes }) =>
              nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`);
          expect(found, `${view}, ${scheme}`).toEqual([]);
          const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
          expect(overflow, `${view}, ${scheme}: wider than the screen`).toBeLessThanOrEqual(0);
        }
        expect(complaints).toEqual([]);
      }
    });

    it('has the part that a link leads to among the tabs that a phone shows', async () => {
      const { page } = await open({ width: 390, height: 844, hash: '#step=747&view=story' });
      const box = (await tab(page, 'Story').boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(390);
    });

    it('leaves more than half of a small screen to what is looked at, as at 200 or 400 % of size', async () => {
      for (const [width, height] of [
        [640, 360],
        [320, 256],
        [390, 844],
      ] as const) {
        const { page } = await open({ width, height, hash: '#step=747' });
        await page.locator('#panel').scrollIntoViewIfNeeded();
        const line = (await page.locator('.timeline').boundingBox())!;
        expect(Math.min(height, line.y + line.height), `${width}x${height}`).toBeLessThan(height / 2);
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect(overflow).toBeLessThanOrEqual(0);
      }
    });

    it('has what a byte was below what its object is called, in the narrowest page, too', async () => {
      for (const width of [1280, 320]) {
        const { page } = await open({ width, hash: `#step=${GUILTY + 1}&view=heap` });
        const was = (await page.locator('.objectbytes .was').first().boundingBox())!;
        const name = (await page.locator('.objectbytes .slot').nth(1).locator('p').boundingBox())!;
        expect(was.y, `${width}`).toBeGreaterThanOrEqual(name.y + name.height - 1);
      }
    });

    it('shows where one is where the system forces its colours', async () => {
      const { page } = await open({ hash: `#step=${GUILTY + 1}&view=lineage` });
      await page.emulateMedia({ forcedColors: 'active' });
      const grounds = await page.evaluate(`['.now', '.tick.guilty', '.lane'].map((one) =>
        getComputedStyle(document.querySelector(one)).backgroundColor)`);
      const [now, guilty, lane] = grounds as string[];
      expect(now).not.toBe(lane);
      expect(guilty).not.toBe(lane);
      await page.emulateMedia({ forcedColors: null });
    });

    it('is light or dark as the system is, until one says otherwise', async () => {
      const { page } = await open({ scheme: 'dark' });
      const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      const dark = await ground();
      await page.getByRole('combobox', { name: 'Colours' }).selectOption('Colours: light');
      const light = await ground();
      expect(light).not.toBe(dark);
      await page.reload();
      expect(await ground()).toBe(light);
      await page.getByRole('combobox', { name: 'Colours' }).selectOption('Colours: system');
      expect(await ground()).toBe(dark);
    });

    it('prints every part', async () => {
      const { page } = await open({ hash: '#step=804' });
      await page.emulateMedia({ media: 'print' });
      for (const name of ['Registers', 'Stack', 'Slab page', 'Lineage chart', 'Oops', 'Events'])
        await page.getByRole('region', { name, exact: true }).waitFor({ state: 'visible', timeout: 10_000 }); // drawn a moment after
      expect(await page.getByRole('tablist').isVisible()).toBe(false);
      expect((await page.pdf()).length).toBeGreaterThan(10_000);
    });
  });

  describe('hostile content', () => {
    const hostile =
      '</script><script>globalThis.owned = 1</script><img src=x onerror="globalThis.owned = 1">';

    // Every text of the data.
    const poison = <Value>(value: Value): Value => {
      const visit = (one: unknown, key: string): unknown => {
        if (Array.isArray(one)) return one.map((element) => visit(element, key));
        if (typeof one === 'object' && one !== null)
          return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, visit(inner, name)]));
        const isText = typeof one === 'string' && !/^(?:0x)?[0-9a-f]*$/u.test(one);
        const isKind = ['kind', 'provenance', 'format', 'how', 'access', 'row'].includes(key);
        return isText && !isKind ? `${one}${hostile}` : one;
      };
      return visit(value, '') as Value;
    };

    it('is plain text in every part, and nothing of it runs', async () => {
      const bad = poison(data);
      const { page, complaints, requests } = await browser.open(browser.keep('hostile.html', pageHtml(bad)), {
        hash: `#step=${GUILTY + 1}&ask=[0xffff8803f382cc60:4]@${GUILTY + 1}`,
      });
      for (const view of VIEWS) {
        await page.locator(`#tab-${view}`).click();
        expect(await page.locator('#panel').innerText(), view).toContain('<script>');
        expect(await page.locator('#page img, #page script').count(), view).toBe(0);
      }
      expect(await page.evaluate(`'owned' in globalThis`)).toBe(false);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([]);
    });

    it('could not run either if it became a part of the page: the policy forbids it', async () => {
      const { page } = await open();
      await page.evaluate(`{
        const script = document.createElement('script');
        script.textContent = 'globalThis.owned = 1';
        document.body.append(script);
        const image = document.createElement('img');
        image.setAttribute('onerror', 'globalThis.owned = 1');
        image.src = 'https://example.invalid/x.png';
        document.body.append(image);
      }`);
      await page.waitForTimeout(50);
      expect(await page.evaluate(`'owned' in globalThis`)).toBe(false);
    });

    it.each([
      ['no data', (text: string) => text.replace(/(id="data">)[^<]*/u, '$1'), 'it holds no recording'],
      ['broken data', (text: string) => text.replace(/(id="data">)/u, '$1{'), 'cannot be shown'],
      [
        'data of another version',
        () => pageHtml({ ...data, format: 'oopslab page 9' as PageData['format'] }),
        'this page reads "oopslab page 1"',
      ],
      [
        'runs of nothing',
        (text: string) => text.replace(/(id="data">)[^<]*/u, '$1{"format":"oopslab page 1","runs":[{}]}'),
        'cannot be shown',
      ],
      [
        'no runs',
        (text: string) => text.replace(/(id="data">)[^<]*/u, '$1{"format":"oopslab page 1","runs":[]}'),
        'it holds no run',
      ],
    ])('that is %s is shown as an error', async (name, change, message) => {
      const { page } = await browser.open(browser.keep(`${name}.html`, change(html)));
      expect(await page.getByRole('alert').innerText()).toContain(message);
    });

    it('with absurd counts is shown as far as it goes', async () => {
      const [run] = data.runs;
      const absurd: PageRun = { ...run!, instructions: 2 ** 31, steps: [{ ...run!.steps[0]!, to: 1e15 }] };
      const html = pageHtml({ ...data, runs: [absurd], comparison: null });
      const { page, complaints } = await browser.open(browser.keep('absurd.html', html), {
        hash: '#room=step&step=2000000000',
      });
      for (const view of VIEWS.filter((one) => one !== 'compare')) await page.locator(`#tab-${view}`).click();
      expect(await page.locator('#panel').innerText()).not.toBe('');
      expect(complaints).toEqual([]);
    });
  });
});
