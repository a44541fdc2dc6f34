// The pages in Firefox, from a file: a report is read in it, and its worker works.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crashPage } from '../../src/site/crash.js';
import { frontHtml } from '../../src/site/front.js';
import { Firefox, hasFirefox, inFirefox } from '../helpers/firefox.js';

describe.skipIf(!hasFirefox)(inFirefox('the pages of a site'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'oopslab-site-firefox-'));
  let firefox: Firefox;
  const keep = (name: string, html: string): string => {
    writeFileSync(join(folder, name), html);
    return pathToFileURL(join(folder, name)).href;
  };
  beforeAll(async () => {
    firefox = await Firefox.start();
  });
  afterAll(async () => {
    await firefox?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('read the report that one click gives them', async () => {
    const { crash } = crashPage('shm-close-bug', []);
    await firefox.open(keep('index.html', frontHtml([crash])));
    const press = (name: string) =>
      firefox.evaluate(
        `[...document.querySelectorAll('button')].find((one) => one.textContent === '${name}').click()`,
      );
    await press('Try the published oops');
    expect(await firefox.until(`document.querySelector('.judged h1')?.textContent`)).toBe(
      'kernel BUG in shm_close',
    );
    await firefox.evaluate(`document.querySelector('.about-register').click()`);
    expect(await firefox.evaluate(`document.querySelector('.word-panel h2').textContent`)).toMatch(
      /^RSP = 0x/u,
    );
  });

  it('show a run: the point, why a value is there, the run again, the course', async () => {
    const { html, crash } = crashPage('shm-close-bug', []);
    const url = keep('run.html', html);
    await firefox.open(url);
    expect(await firefox.until(`document.querySelector('.headline')?.textContent`)).toMatch(
      /wrote 5c over 2f in shm_file_data\.id/u,
    );
    await firefox.open(`${url}#room=step&step=803&ask=sfd.id%40803`);
    expect(await firefox.until(`document.querySelector('.reasons')?.textContent`)).toMatch(/746.*535/su);
    await firefox.open(`${url}#room=change&scenario=${crash.name}&set.prepath=%2Fteam`);
    expect(
      await firefox.until(`/corrupt.*/u.exec(document.querySelector('.lab-verdict')?.textContent)?.[0]`),
    ).toMatch(/^corrupt.*13008943 -> 13008988/su);
    await firefox.open(`${url}#room=course`);
    expect(await firefox.until(`/First steps/u.exec(document.querySelector('main').textContent)?.[0]`)).toBe(
      'First steps',
    );
  });
});
