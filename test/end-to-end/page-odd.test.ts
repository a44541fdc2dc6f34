// Pages of runs that are nothing like the published ones, in a real browser: hardly any steps, no heap, no end, names
// of markup. Every part of them opens, and shows nothing that a program says by mistake.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInvisibleInText } from '../../src/base/visible-text.js';
import { Recording } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import { pageData } from '../../src/report/collect.js';
import { pageHtml } from '../../src/report/html.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { inChromium } from '../helpers/chromium.js';
import { inTemporaryFolder, runGuest, writeGuest } from '../helpers/guest-library.js';
import { PageBrowser, hasChromium } from '../helpers/page-browser.js';
import { recordingOf } from '../helpers/step-recordings.js';

const VIEWS = ['answer', 'machine', 'heap', 'lineage', 'oops', 'story'] as const;
const KEYS = ['Home', 's', 'b', 'n', 'Shift+n', 'g', 't', 'd', 'End', 's', 'b'] as const;
const RET = 0xc3;

// A world of a stack alone; with `steps` of the test's own.
const runWorld = (steps: string, code: readonly number[] = [RET]): Recording =>
  inTemporaryFolder((library) => {
    const scenario = `format: oopslab scenario 1
name: guest
title: a test
release: 3.0.101-84-default
world:
  gs: 0xffff88043fd00000
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: test }]
steps:
${steps}
expect: {}
`;
    writeGuest(library, code, scenario);
    return replay(loadScenario('guest', [library]), { libraries: [library] });
  });

const CALL =
  '  call: { call: { function: guest, arguments: [], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 } }';

const HOSTILE = `</script><script>globalThis.owned = 1</script>]]>\u2028\u2029\u0000\u001b[31m\ud800\u202e\u061c\u200b\u{e0041}<img src=x onerror="globalThis.owned = 1">${'x'.repeat(5000)}`;

// Every name that a header may choose. A file with such names is refused; the page must not need that.
const withHostileNames = (recording: Recording): Recording => {
  const { header, data } = recording;
  const named = <Item extends { readonly name: string }>(items: readonly Item[]): Item[] =>
    items.map((item) => ({ ...item, name: `${item.name}${HOSTILE}`, source: HOSTILE, struct: HOSTILE }));
  const hostile: Recording['header'] = {
    ...header,
    scenario: HOSTILE,
    title: HOSTILE,
    claim: HOSTILE,
    parameters: { [HOSTILE]: HOSTILE },
    symbols: header.symbols.map((symbol) => ({ ...symbol, name: `${symbol.name}${HOSTILE}` })),
    regions: header.regions.map((region) => ({ ...region, name: HOSTILE })),
    world: named(header.world),
    objects: named(header.objects),
    steps: header.steps.map((step) => ({ ...step, step: `${step.step}${HOSTILE}`, says: HOSTILE })),
    events: header.events.map((event) =>
      event.kind === 'allocate' ? { ...event, name: HOSTILE, cache: HOSTILE } : event,
    ),
  };
  return new Recording(hostile, data);
};

// Accesses of any bits: a file with them is refused, and the page must not need that.
const withDamagedAccesses = (recording: Recording): Recording => {
  const accesses = recording.data.accesses.slice();
  for (let index = 0; index < accesses.length; index += 7) accesses[index] = 0xffff_ffff;
  return new Recording(recording.header, { ...recording.data, accesses });
};

const RUNS: readonly (readonly [string, () => Recording])[] = [
  ['one instruction and no heap', () => runWorld(CALL)],
  ['a fault in the first instruction', () => runGuest([0x48, 0x8b, 0x04, 0x25, 0x10, 0, 0, 0, RET])], // mov 0x10,%rax
  ['ud2 at once', () => runGuest([0x0f, 0x0b])],
  ['a loop that its budget ends', () => runGuest([0xeb, 0xfe], undefined, 'budget: 7\n')],
  ['a jump to nowhere', () => runGuest([0x31, 0xc0, 0xff, 0xe0])], // xor %eax,%eax; jmp *%rax
  ['a write over another’s object', () => runGuest([0xc6, 0x47, 0x20, 0xff, RET])], // movb $0xff,0x20(%rdi)
  ['names of markup', () => withHostileNames(recordingOf('shm-close-bug'))],
  ['damaged accesses', () => withDamagedAccesses(recordingOf('shm-close-control'))],
];

const browser = new PageBrowser();

describe.skipIf(!hasChromium)(inChromium('the page of an odd run'), () => {
  beforeAll(() => browser.start());
  afterAll(() => browser.stop());

  it.each(RUNS)('%s', async (name, run) => {
    const url = browser.keep(`${name}.html`, pageHtml(pageData(run(), undefined)));
    const { page, complaints, requests } = await browser.open(url, { hash: '#room=step' });
    const look = async (what: string): Promise<void> => {
      for (const key of KEYS) await page.keyboard.press(key);
      const shown = await page.evaluate(`document.querySelector('#page').innerText +
        [...document.querySelectorAll('#page *')].flatMap((one) =>
          [...one.attributes].map(({ value }) => value)).join('\\n')`);
      expect(findInvisibleInText(String(shown)), what).toBeUndefined();
      expect(shown, what).not.toMatch(/NaN|undefined|Infinity|\[object|cannot be/u);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(overflow, `${what}: wider than the screen`).toBeLessThanOrEqual(0);
      expect(await page.locator('#page img, #page script').count(), what).toBe(0);
    };
    for (const view of VIEWS) {
      await page.locator(`#tab-${view}`).click();
      await look(view);
    }
    for (const room of ['The point', 'Story']) {
      await page
        .getByRole('navigation', { name: 'Rooms of the page' })
        .getByText(room, { exact: true })
        .click();
      await look(room);
    }
    expect(await page.evaluate(`'owned' in globalThis`)).toBe(false);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
  });

  it('a laboratory whose files were taken out of the page', async () => {
    const recordings = [recordingOf('shm-close-bug')];
    const html = pageHtml(pageData(recordings[0]!, undefined), { recordings });
    const without = html.replace(/(<script[^>]* id="laboratory-pack"[^>]*>)[^<]*/u, '$1');
    expect(without.length).toBeLessThan(html.length - 10_000);
    const { page, complaints } = await browser.open(browser.keep('without.html', without), {
      hash: '#room=course',
    });
    await page.getByRole('alert').waitFor();
    expect(await page.locator('main').innerText()).toBe(
      'The course cannot be shown: this file holds no lessons.',
    );
    expect(complaints).toEqual([]);
  });
});
