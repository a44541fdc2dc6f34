// The library of the emulated CPU is loaded by the first run, not by an import.
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const script = `
  import { createRequire } from 'node:module';
  const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('koffi'));
  const found = [];
  const { loadEngine, loadScenario, replay } = await import('./dist/index.js');
  await import('./dist/check.js');
  found.push(loaded());
  const scenario = loadScenario('shm-close-bug');
  found.push(loaded());
  replay(scenario, { engine: await loadEngine('wasm') });
  found.push(loaded());
  replay(scenario, { engine: await loadEngine('unicorn') });
  found.push(loaded());
  console.log(JSON.stringify(found));
`;

it('koffi is loaded by a replay with Unicorn, and not by importing the package, reading a scenario, or our own engine', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([false, false, false, true]);
});
