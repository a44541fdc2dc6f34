// How fast the page is, in Chromium: npm run bench:page. Size of the file, first paint, a step in each part of the page,
// for the published case and for a loop of 100,000 instructions; re-runs and checks of the laboratory. Prints tables;
// docs/report.md and docs/laboratory.md have one quiet run.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { pageData } from '../dist/report/collect.js';
import { pageHtml } from '../dist/report/html.js';
import { Bench } from '../dist/laboratory/bench.js';
import { answer } from '../dist/laboratory/laboratory.js';
import { replay } from '../dist/run/replay.js';
import { loadScenario } from '../dist/scenario/scenario.js';

const OPENINGS = 9;
const STEPS = 60;
const SCRUBBED = 300; // steps whose CPU time is measured
const VIEWS = ['answer', 'machine', 'heap', 'lineage', 'oops', 'compare', 'story'];
const RELEASE = '3.0.101-84-default';
const folder = mkdtempSync(join(tmpdir(), 'oopslab-bench-'));

// --- a long run ------------------------------------------------------------------------------------------------

const ROUNDS = 20_000; // of 5 instructions
const LOOP = [
  0xb9, ROUNDS & 0xff, (ROUNDS >> 8) & 0xff, 0, 0, // mov $ROUNDS,%ecx
  0x89, 0x0f, //       mov %ecx,(%rdi)
  0x03, 0x07, //       add (%rdi),%eax
  0x48, 0x89, 0xc6, // mov %rax,%rsi
  0xff, 0xc9, //       dec %ecx
  0x75, 0xf5, //       jne to the store
  0xc3, //             ret
]; // prettier-ignore

const SCENARIO = `format: oopslab scenario 1
name: loop
title: A loop of 100,000 instructions that writes to a slab object in each round
release: ${RELEASE}
budget: 200000
world:
  gs: 0xffff88043fd00000
  caches: { size-32: { frames: [0x20000] } }
  memory: [{ name: stack, at: 0xffff880211336000, size: 8192, source: bench }]
steps:
  prepare: { do: [{ kzalloc: { as: counter, size: 32 } }] }
  call:
    call: { function: loop, arguments: ['&counter'], rsp: 0xffff880211337f00, returnTo: 0xffffffff81e00000 }
expect: {}
`;

const longRecording = () => {
  const snippets = join(folder, 'snippets', RELEASE);
  for (const made of [snippets, join(folder, 'scenarios')]) mkdirSync(made, { recursive: true });
  const bytes = Uint8Array.from(LOOP);
  const size = `0x${bytes.length.toString(16)}`;
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  writeFileSync(join(snippets, 'loop.hex'), `${text}\n`);
  writeFileSync(
    join(snippets, 'loop.json'),
    JSON.stringify({
      function: 'loop', release: RELEASE, start: '0xffffffff81f00000', size, addressSource: 'bench', source: 'bench',
      bytes: 'loop.hex', sha256: createHash('sha256').update(bytes).digest('hex'),
      prototype: { returns: 'void', arguments: [{ type: 'int *', name: 'counter' }] },
      ranges: [{ from: '0x0', to: size, kind: 'reconstructed', source: 'bench', how: 'by hand' }],
      lines: [], variables: [], frame: [{ offset: '0x0', cfa: '0x8' }], calls: [],
    }),
  ); // prettier-ignore
  writeFileSync(join(folder, 'scenarios', 'loop.yaml'), SCENARIO);
  return replay(loadScenario('loop', [folder]), { libraries: [folder] });
};

// --- measuring -------------------------------------------------------------------------------------------------

const sorted = (values) => values.toSorted((a, b) => a - b);
const at = (values, share) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))];
const spread = (values) =>
  `${at(values, 0.5).toFixed(1)} (95 of 100: ${at(values, 0.95).toFixed(1)}, worst: ${Math.max(...values).toFixed(1)})`;

const browser = await chromium.launch({
  executablePath: process.env.OOPSLAB_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
});

// From the start of the navigation to the frame after the one that the rendered page is first drawn in: what a browser
// calls the first contentful paint may be that of the sentence for readers without JavaScript.
const firstPaint = async (url) => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.addInitScript(() => {
    globalThis.painted = new Promise((done) => {
      const observer = new MutationObserver(() => {
        if (document.querySelector('.headline') === null) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
      });
      observer.observe(document, { childList: true, subtree: true });
    });
  });
  await page.goto(url);
  const time = await page.evaluate(() => globalThis.painted);
  await page.close();
  return time;
};

// From a key to the end of the layout that it leads to: all that the page does before it can be painted.
const stepTimes = (page, key, count) =>
  page.evaluate(
    async ([key, count]) => {
      const times = [];
      for (let step = 0; step < count; step += 1) {
        const changed = new Promise((done) => {
          const observer = new MutationObserver(() => {
            observer.disconnect();
            done();
          });
          observer.observe(document.querySelector('.where'), {
            subtree: true,
            characterData: true,
            childList: true,
          });
        });
        const start = performance.now();
        document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
        await changed;
        document.body.getBoundingClientRect();
        times.push(performance.now() - start);
        await new Promise((done) => requestAnimationFrame(done));
      }
      return times;
    },
    [key, count],
  );

// The slider dragged over the whole run: each place is far from the one before.
const scrubTimes = (page, count) =>
  page.evaluate(async (count) => {
    const slider = document.querySelector('input[type=range]');
    const times = [];
    for (let place = 1; place <= count; place += 1) {
      const start = performance.now();
      slider.value = String(Math.floor((Number(slider.max) * ((place * 37) % count)) / count));
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise((done) => queueMicrotask(() => queueMicrotask(done)));
      await new Promise((done) => setTimeout(done));
      document.body.getBoundingClientRect();
      times.push(performance.now() - start);
      await new Promise((done) => requestAnimationFrame(done));
    }
    return times;
  }, count);

// What a step takes of the main thread while the slider is dragged, all in all: script, style, layout, paint.
const cpuPerStep = async (page, count) => {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const used = async () =>
    (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'ThreadTime').value;
  const before = await used();
  await scrubTimes(page, count);
  const after = await used();
  await session.detach();
  return ((after - before) / count) * 1000;
};

const measure = async (name, make) => {
  const started = performance.now();
  const data = make();
  const html = pageHtml(data);
  const made = performance.now() - started;
  const file = join(folder, `${name}.html`);
  writeFileSync(file, html);
  const url = pathToFileURL(file).href;
  const paints = [];
  for (let opening = 0; opening < OPENINGS; opening += 1) paints.push(await firstPaint(url));
  console.log(`| ${name} | ms unless said |`);
  console.log(`| --- | --- |`);
  console.log(`| instructions | ${data.runs.map(({ instructions }) => instructions).join(' and ')} |`);
  console.log(`| size of the file | ${(html.length / 1000).toFixed(0)} kB |`);
  console.log(`| made from the recordings | ${made.toFixed(0)} |`);
  console.log(`| first paint, ${OPENINGS} openings | ${spread(paints)} |`);
  for (const view of VIEWS.filter((one) => one !== 'compare' || data.runs.length > 1)) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    const middle = Math.floor(data.runs[0].instructions * 0.9);
    await page.goto(`${url}#room=step&step=${Math.max(0, middle - STEPS)}&view=${view}`);
    await stepTimes(page, 's', 10);
    console.log(`| a step, ${view} | ${spread(await stepTimes(page, 's', STEPS))} |`);
    console.log(`| the slider, far, ${view} | ${spread(await scrubTimes(page, STEPS))} |`);
    console.log(`| CPU of the main thread a step of it | ${(await cpuPerStep(page, SCRUBBED)).toFixed(1)} |`);
    await page.close();
  }
  console.log('');
};

// --- the laboratory --------------------------------------------------------------------------------------------

const CHANGES = 40;
const WORLDS = 20_000;

// From a change of the slider to the frame that shows what the run did.
const changeTimes = (page, count) =>
  page.evaluate(async (count) => {
    const slider = document.querySelector('#lab-length');
    const verdict = document.querySelector('.lab-says');
    const times = [];
    for (let change = 0; change < count; change += 1) {
      const changed = new Promise((done) => {
        const observer = new MutationObserver(() => (observer.disconnect(), done()));
        observer.observe(verdict, { subtree: true, characterData: true, childList: true });
      });
      const start = performance.now();
      slider.value = slider.value === '7' ? '8' : '7'; // the verdict differs each time
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await changed;
      document.body.getBoundingClientRect();
      times.push(performance.now() - start);
      await new Promise((done) => setTimeout(done, 30));
    }
    return times;
  }, count);

// Questions to a worker of the page's own program: how long until the first thing is told, and until the answer.
const askTimes = (page, asks) =>
  page.evaluate(async (asks) => {
    const textOf = (id) => document.querySelector(`#${id}`).textContent.trim();
    const bytesOf = (base64) => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
    const start = performance.now();
    const stream = new Blob([bytesOf(textOf('laboratory-program'))]).stream();
    const program = await new Response(stream.pipeThrough(new DecompressionStream('deflate-raw'))).text();
    const worker = new Worker(URL.createObjectURL(new Blob([program], { type: 'text/javascript' })));
    worker.postMessage({ packs: [textOf('laboratory-pack'), textOf('recordings')] }, []);
    const times = [];
    for (const [id, [kind, question]] of asks.entries()) {
      const asked = id === 0 ? start : performance.now();
      worker.postMessage({ id, kind, asks: question }, []);
      let told;
      await new Promise((done) => {
        const listen = ({ data }) => {
          told ??= performance.now() - asked;
          if ('tells' in data) return;
          worker.removeEventListener('message', listen);
          done();
        };
        worker.addEventListener('message', listen);
      });
      times.push({ told, answered: performance.now() - asked });
    }
    worker.terminate();
    return times;
  }, asks);

const measureLaboratory = async (html) => {
  const file = join(folder, 'laboratory.html');
  writeFileSync(file, html);
  const url = pathToFileURL(file).href;
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(url);
  const set = (length) => ['run', { scenario: 'shm-close-bug', set: {}, length }];
  const cold = [];
  for (let opening = 0; opening < 3; opening += 1) cold.push((await askTimes(page, [set(8)]))[0].told);
  const lengths = Array.from({ length: CHANGES }, (_, index) => 4 + (index % 20));
  const fast = await askTimes(page, lengths.map(set));
  const whole = await askTimes(
    page,
    lengths.map((one) => ['run', { ...set(one)[1], page: true }]),
  );
  const candidate = ['terminate-before-convert'];
  const [, checked] = await askTimes(page, [
    set(8),
    ['check', { scenario: 'mount-arena', candidates: candidate, runs: WORLDS, seed: 1 }],
  ]);
  await page.goto(`${url}#room=change`);
  await page.reload();
  await page.waitForSelector('#lab-length');
  const first = await changeTimes(page, 1);
  const later = await changeTimes(page, CHANGES);
  await page.close();
  const bench = new Bench([]);
  const started = performance.now();
  await answer(bench, { id: 1, kind: 'check', asks: { scenario: 'mount-arena', candidates: candidate, runs: WORLDS, seed: 1 } }, () => undefined); // prettier-ignore
  const node = performance.now() - started;
  const rest = (all, part) => spread(all.slice(5).map((one) => one[part]));
  console.log('| the laboratory, the published case | ms unless said |');
  console.log('| --- | --- |');
  console.log(`| size of the file, with it | ${(html.length / 1000).toFixed(0)} kB |`);
  console.log(`| from the start of the worker to the first verdict | ${spread(cold)} |`);
  console.log(`| the first change, in a page that was idle | ${first[0].toFixed(1)} |`);
  console.log(`| later changes, to the verdict on the screen | ${spread(later)} |`);
  console.log(`| a verdict in the worker | ${rest(fast, 'told')} |`);
  console.log(`| with the data of the whole page, as before | ${rest(whole, 'answered')} |`);
  console.log(`| worlds checked in a second, page | ${((WORLDS / checked.answered) * 1000).toFixed(0)} |`);
  console.log(`| worlds checked in a second, Node, one thread | ${((WORLDS / node) * 1000).toFixed(0)} |`);
  console.log('');
};

try {
  const bug = replay(loadScenario('shm-close-bug'));
  const control = replay(loadScenario('shm-close-control'));
  await measureLaboratory(pageHtml(pageData(bug, control), { recordings: [bug, control] }));
  await measure('the published case', () => pageData(bug, control));
  const long = longRecording();
  await measure('a long loop', () => pageData(long, undefined, { libraries: [folder] }));
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
