// The committed bytes of snippets against their sources: as(1) assembles them.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadRelease } from '../../src/release/snippet.js';
import { has } from '../helpers/candidate-tools.js';

const script = fileURLToPath(new URL('../../scripts/assemble-snippets.mjs', import.meta.url));

describe.skipIf(!['as', 'ld', 'objcopy'].every(has))('the sources of snippets (need binutils)', () => {
  it('assemble to the committed bytes', () => {
    const run = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(run.stdout).toBe(`${loadRelease().snippets.length} snippets, 0 different\n`);
    expect(run.status).toBe(0);
  });

  it('are written with their hash, and may call shipped functions', () => {
    const own = mkdtempSync(join(tmpdir(), 'oopslab-assemble-'));
    const assemble = (source: string) => {
      writeFileSync(join(own, 'mine.S'), `mine:\n\t${source}\n`);
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--write', own], {
        encoding: 'utf8',
      });
      return { status, stdout, stderr };
    };
    try {
      const manifest = { function: 'mine', start: '0xffffffff81c00000', bytes: 'mine.hex', sha256: '' };
      writeFileSync(join(own, 'mine.json'), JSON.stringify(manifest));
      const written = '1 snippet; written, each with the sha256 in its manifest: mine.hex\n';
      expect(assemble('call strlen')).toEqual({ status: 0, stdout: written, stderr: '' });
      expect(readFileSync(join(own, 'mine.hex'), 'utf8')).toBe('e8 fb 90 64 ff\n');
      expect(assemble('call strlen')).toEqual({ status: 0, stdout: '1 snippet, 0 different\n', stderr: '' });

      // right bytes under a wrong hash
      writeFileSync(join(own, 'mine.json'), JSON.stringify({ ...manifest, sha256: '0'.repeat(64) }));
      expect(assemble('call strlen').stdout).toBe(written);
      const sha256 = createHash('sha256')
        .update(Uint8Array.of(0xe8, 0xfb, 0x90, 0x64, 0xff))
        .digest('hex');
      expect(JSON.parse(readFileSync(join(own, 'mine.json'), 'utf8'))).toMatchObject({ sha256 });

      const refused = assemble('call nowhere');
      expect(refused.status).toBe(2);
      expect(refused.stderr).toMatch(/^ld: .*undefined reference to `nowhere'\n$/su);
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});
