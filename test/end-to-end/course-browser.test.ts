// The course in a real browser: a lesson is taken by clicks and by typing, graded as the terminal grades, and kept; the
// trainer's key, the handout, and every reader.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CaseBook } from '../../src/lesson/case-book.js';
import { gradeQuestion } from '../../src/lesson/grade.js';
import { loadLesson } from '../../src/lesson/lesson.js';
import { findLesson, listLessons } from '../../src/lesson/shelf.js';
import { pageData } from '../../src/report/collect.js';
import { pageHtml } from '../../src/report/html.js';
import { inChromium } from '../helpers/chromium.js';
import { type Opening, PageBrowser, hasChromium } from '../helpers/page-browser.js';
import { recordingOf } from '../helpers/step-recordings.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LESSON = '#room=course&lesson=first-steps';
const RDI = '0xffff88016d2319e0';

// A lesson of a library, whose texts mean harm.
const HARM = '<img src=x onerror="document.title=1">';
const MINE = `---
format: oopslab lesson 1
name: mine
title: Mine ${HARM}
scenario: shm-close-bug
---
# ${HARM}

${HARM} and [a link](javascript:alert(1)).

\`\`\`question
id: end
ask: 'How ${HARM}?'
kind: choice
choices: { bug: '${HARM}', fault: a fault, returned: '' }
key: outcome
\`\`\`
`;

const browser = new PageBrowser();
const book = new CaseBook();
const lesson = loadLesson(findLesson('first-steps'));
let url: string;

/** What the terminal says of a wrong answer. */
const reasonOf = (id: string, answer: string): string =>
  gradeQuestion(
    lesson.questions.find((one) => one.id === id)!,
    book,
  ).check(answer).reason;

/** Open the page as it is for somebody new, or for one who goes on. */
const open = async (hash = LESSON, { fresh = true, ...opening }: Opening & { fresh?: boolean } = {}) => {
  if (!fresh) return browser.open(url, { hash, ...opening });
  const opened = await browser.open(url, { hash: '#room=step', ...opening });
  await opened.page.evaluate(`localStorage.clear(); location.hash = ${JSON.stringify(hash)}`);
  return opened;
};

const field = (page: Page, number: number) =>
  page.getByRole('textbox', { name: `Answer to question ${number}` });
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const machine = (page: Page) => page.getByRole('complementary', { name: 'The machine' });

const problemsOf = (page: Page) =>
  page.evaluate(`axe.run().then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`); // prettier-ignore

describe.skipIf(!hasChromium)(inChromium('the course'), () => {
  beforeAll(async () => {
    const recordings = [recordingOf('shm-close-bug'), recordingOf('shm-close-control')] as const;
    await browser.start();
    const libraryFiles = new Map([['/libraries/0/lessons/mine.md', new TextEncoder().encode(MINE)]]);
    const html = pageHtml(pageData(...recordings), { recordings, libraryFiles });
    url = browser.keep('report.html', html);
  });
  afterAll(() => browser.stop());

  it('lists every lesson in the order of the command, and opens one with a link of its own', async () => {
    const { page, complaints, requests } = await open('#room=course');
    await page.locator('.lessons .open').first().waitFor();
    const titles = await page.locator('.lessons .open').allInnerTexts();
    const shipped = listLessons().map(({ file }) => loadLesson(file).title);
    expect(titles.filter((one) => !one.startsWith('Mine'))).toEqual(shipped);
    await button(page, lesson.title).click();
    await page.getByRole('heading', { name: lesson.title }).waitFor();
    expect(new URL(page.url()).hash).toContain('lesson=first-steps');
    await page.goBack();
    await button(page, lesson.title).waitFor();
    expect([...complaints, ...requests.filter((one) => !one.startsWith('blob:'))]).toEqual([]);
  });

  it('is taken with the keyboard alone: typed, wrong with the words of the terminal, hint, right, on', async () => {
    const { page } = await open();
    await field(page, 1).focus();
    await page.keyboard.type('ffff880211337dd8');
    await page.keyboard.press('Enter');
    const said = page.locator('#question-register [role=status]');
    await said.getByText('No:').waitFor();
    expect(await said.innerText()).toContain(reasonOf('register', 'ffff880211337dd8'));
    for (const _ of ['Answer', 'Hint']) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await said.getByText('It is the first box.').waitFor();
    await field(page, 1).focus();
    await page.keyboard.type(RDI);
    await page.keyboard.press('Enter');
    await said.getByText('Right, 0 points:').waitFor();
    await page.waitForFunction(`document.activeElement.textContent === 'Next question'`);
    await page.keyboard.press('Enter');
    await field(page, 2).waitFor();
    await page.waitForFunction(`document.activeElement.textContent.startsWith('2. Instructions')`);
  });

  it('is taken with the mouse alone: a value, a register, a word of the text, a byte, an instruction, a choice', async () => {
    const { page } = await open();
    const next = async (): Promise<void> => button(page, 'Next question').click();
    await machine(page).getByRole('button', { name: RDI }).first().click();
    await button(page, `Answer ${RDI}`).click();
    await next();
    await page.locator('.shown').getByRole('button', { name: '%rdi' }).last().click();
    expect(await field(page, 2).inputValue()).toBe('%rdi');
    await page.locator('.question.open').getByRole('button', { name: 'Answer' }).click();
    await next();
    // The bytes beside follow an address that is chosen.
    await machine(page).getByRole('button', { name: RDI, exact: true }).first().click();
    for (const _ of [1, 2]) await button(page, 'Higher addresses').click();
    await button(page, /^byte .. at 0xffff88016d231a78$/u).click();
    await button(page, 'Answer 0xffff88016d231a78').click();
    await next();
    for (const answer of ['ffff8800148fcb80', 'ffff880211337d88', 'remove_vma+0x24']) {
      await page.locator('.question.open input').fill(answer);
      await page.keyboard.press('Enter');
      await next();
    }
    await machine(page).getByRole('button', { name: 'rsi', exact: true }).click();
    await button(page, 'Answer rsi').click();
    await next();
    await page.getByRole('radio', { name: /^free/u }).check();
    await page.locator('.question.open').getByRole('button', { name: 'Answer' }).click();
    await next();
    await page.getByRole('radio', { name: /^sfd/u }).check();
    await page.locator('.question.open').getByRole('button', { name: 'Answer' }).click();
    await next();
    await machine(page).getByRole('button', { name: '+0x3e', exact: true }).click();
    await button(page, 'Answer shm_close+0x3e').click();
    await button(page, 'To the end').click();
    const end = page.getByRole('region', { name: 'The end' });
    expect(await end.innerText()).toContain('10 of 10 questions right, 29 of 29 points.');
    await end.getByRole('button', { name: 'Next: Reading an oops' }).click();
    await page.getByRole('heading', { name: 'Reading an oops' }).waitFor();
  });

  it('keeps what was done until it is started over, and the list says how far it is', async () => {
    const first = await open();
    await field(first.page, 1).fill(RDI);
    await first.page.keyboard.press('Enter');
    await button(first.page, 'Next question').waitFor();
    const { page } = await open(LESSON, { fresh: false });
    await field(page, 2).waitFor();
    expect(await page.locator('#question-register').innerText()).toContain('Right, 3 points');
    await button(page, 'All lessons').click();
    expect(await page.locator('.lessons li').first().innerText()).toContain(
      '1 of 10 questions, 3 of 29 points',
    );
    await page.goBack();
    await button(page, 'Start over').click();
    await button(page, 'Forget my answers').click();
    await field(page, 1).waitFor();
    expect(await page.evaluate(`localStorage.getItem('oopslab lessons')`)).not.toContain('register');
  });

  it('goes on without a memory, and with a damaged one', async () => {
    const first = await open('#room=step');
    await first.page.evaluate(`localStorage.setItem('oopslab lessons', '{"format":"oopslab lessons of a page 1","lessons":{"first-steps":{"register":{"standing":{"wrong":-1}}}}}')`); // prettier-ignore
    const { page } = await open(LESSON, { fresh: false });
    await field(page, 1).waitFor();
    await page.evaluate(`Storage.prototype.setItem = () => { throw new Error('full'); }`);
    await field(page, 1).fill(RDI);
    await page.keyboard.press('Enter');
    await page.getByText('This browser keeps nothing').waitFor();
    await button(page, 'All lessons').click();
    expect(await page.locator('.lessons li').first().innerText()).toContain('1 of 10 questions');
  });

  it('shows the run of a lesson about another one, and its names only when the question is over', async () => {
    const { page } = await open('#room=course&lesson=empty-queue');
    await machine(page).getByText('empty-queue').waitFor();
    expect(await machine(page).innerText()).toContain('Names of values are shown when');
    await button(page, 'Give up').click();
    await button(page, 'Show the answer, for no points').click();
    await page.getByText('Right would have been').waitFor();
    expect(await machine(page).innerText()).not.toContain('Names of values are shown when');
  });

  it('takes a lesson of a library, whose texts are only ever text, and says what is wrong with a link', async () => {
    const { page, complaints, requests } = await open('#room=course&lesson=mine');
    await page.getByRole('radio', { name: `bug: ${HARM}` }).check();
    await page.locator('.question.open').getByRole('button', { name: 'Answer' }).click();
    await page.getByText('Right, 3 points').waitFor();
    const reading = await page.locator('.reading').innerText();
    expect(reading).toContain(`${HARM} and [a link](javascript:alert(1)).`);
    expect(await page.locator('.lessonroom :is(img, a)').count()).toBe(0);
    await page.evaluate(`location.hash = '#room=course&lesson=' + encodeURIComponent('<b>no')`);
    await page.getByRole('alert').getByText('there is no lesson "<b>no"').waitFor();
    expect(await page.title()).not.toBe('1');
    expect([...complaints, ...requests.filter((one) => !one.startsWith('blob:'))]).toEqual([]);
  });

  it('has the key behind the trainer’s switch alone, and on paper only with it', async () => {
    const { page } = await open();
    await field(page, 1).waitFor();
    const remark = 'The address of a vma. What that is comes in step 4.';
    const kept = [...lesson.questions.flatMap(({ hints }) => hints.map(({ text }) => text)), remark];
    const before = await page.content();
    // The laboratory's own files hold the lessons, packed.
    expect(kept.filter((one) => before.includes(one))).toEqual([]);
    await page.emulateMedia({ media: 'print' });
    const handout = page.locator('.handout');
    const paper = await handout.innerText();
    for (const { ask } of lesson.questions) expect(paper).toContain(ask.replaceAll('`', ''));
    expect(await handout.locator('.rule').count()).toBeGreaterThan(lesson.questions.length);
    expect(paper).not.toContain('Right:');
    expect(await page.locator('.reading').isVisible()).toBe(false);
    await page.emulateMedia({ media: 'screen' });
    await page.getByRole('checkbox', { name: "Trainer's key" }).check();
    const [right] = gradeQuestion(
      lesson.questions.find(({ id }) => id === 'rip')!,
      book,
    ).texts;
    await page.locator('#question-rip .key').getByText(right!).waitFor();
    expect(await page.locator('.question .key').count()).toBe(lesson.questions.length);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.handout .answers').innerText()).toContain(
      'Hint, 1 point: It is the first box.',
    );
  });

  it.each([
    ['the list on a laptop', '#room=course', 1280, 720, 'light'],
    ['a lesson on a laptop', LESSON, 1280, 720, 'light'],
    ['a lesson on a phone in the dark', LESSON, 390, 844, 'dark'],
  ] as const)(
    'axe finds nothing in %s, which is as wide as its screen',
    async (_, hash, width, height, scheme) => {
      const { page, complaints } = await open(hash, { width, height, scheme });
      await page.locator('.lessons li, .register').first().waitFor();
      if (hash === LESSON) {
        await field(page, 1).fill('5');
        await page.keyboard.press('Enter');
        await page.locator('.said.wrong').waitFor();
      }
      await page.evaluate(axe);
      expect(await problemsOf(page)).toEqual([]);
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(overflow).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
    },
  );
});
