// Debian's Chromium for the tests of the page: one browser, pages from files, and what they complained about.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, startChromium } from './chromium.js';

/** Whether there is a Chromium to test in. */
export const hasChromium = chromiumPath !== undefined;

/** How a page is opened. */
export interface Opening {
  readonly hash?: string;
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
}

/** An open page. */
export interface Opened {
  readonly page: Page;
  /** What it wrote to the console, and uncaught errors. */
  readonly complaints: readonly string[];
  /** What it loaded besides itself. */
  readonly requests: readonly string[];
}

/** A browser with one tab, and a folder of pages. */
export class PageBrowser {
  readonly #folder = mkdtempSync(join(tmpdir(), 'oopslab-page-'));
  #browser: Browser | undefined;
  #page: Page | undefined;

  async start(): Promise<void> {
    this.#browser = await startChromium();
    this.#page = await this.#browser.newPage();
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Keep a page. @returns its `file:` address */
  keep(name: string, html: string): string {
    const file = join(this.#folder, name);
    writeFileSync(file, html);
    return pathToFileURL(file).href;
  }

  /** Open a page in the tab, in place of the one before. */
  async open(url: string, opening: Opening = {}): Promise<Opened> {
    const { hash = '', width = 1280, height = 720, scheme = 'light' } = opening;
    const page = this.#page!;
    page.removeAllListeners();
    await page.goto('about:blank');
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme, media: null });
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      const isOwn = request.url().split('#')[0] === url || request.url().startsWith('data:');
      if (!isOwn) requests.push(request.url());
    });
    await page.goto(`${url}${hash}`);
    return { page, complaints, requests };
  }
}
