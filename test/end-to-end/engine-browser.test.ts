// Our engine and the recorder run in a page that has nothing of Node, and record there what they record here.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';
import { chromiumPath, inChromium, startChromium } from '../helpers/chromium.js';
import { runPrograms } from '../helpers/programs-in-page.js';

const SEED = 15;
const COUNT = 300;

const cpu = readFileSync(new URL('../../dist/machine/cpu.wasm', import.meta.url));

// What is of Node is not there; the engine may only not ask for it.
const bundle = async (): Promise<string> => {
  const built = await rolldown({
    input: fileURLToPath(new URL('../helpers/programs-in-page.ts', import.meta.url)),
    platform: 'browser',
    transform: { define: { 'import.meta': '{}' } },
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    plugins: [
      {
        name: 'nothing-of-node',
        resolveId: (id) => (id.startsWith('node:') ? { id: `\0${id}`, external: false } : null),
        load: (id) => (id.startsWith('\0node:') ? { code: 'module.exports = {};', moduleType: 'js' } : null),
      },
    ],
  });
  const { output } = await built.generate({ format: 'iife', name: 'programs' });
  await built.close();
  return output[0].code;
};

it.skipIf(chromiumPath === undefined)(inChromium('our engine records the same'), async () => {
  const here = runPrograms(cpu, SEED, COUNT);
  expect(new Set(here.map((line) => line.split(' ')[0]))).toEqual(
    new Set(['fault', 'invalid-opcode', 'exception', 'budget']),
  );
  const script = await bundle();
  const browser = await startChromium();
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.setContent('<p>engine</p>');
    await page.addScriptTag({ content: script });
    const there = await page.evaluate(
      `programs.runPrograms(Uint8Array.from(atob('${cpu.toString('base64')}'), (one) => one.charCodeAt(0)), ${SEED}, ${COUNT})`,
    );
    expect({ there, errors }).toEqual({ there: here, errors: [] });
  } finally {
    await browser.close();
  }
});
