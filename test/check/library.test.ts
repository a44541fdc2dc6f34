// A library's candidates/ has the powers of the shipped one: lists of candidates, and the text of check --new.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newCandidateText } from '../../src/candidate/folder.js';
import { findContenders } from '../../src/check/run/candidates.js';
import { candidatesFor, loadCandidates } from '../../src/check/run/shipped.js';
import { TemporaryLibraries } from '../../src/check/run/temporary-library.js';
import { loadScenario } from '../../src/scenario/scenario.js';

const FUNCTION = 'cifs_build_path_to_root';
const library = mkdtempSync(join(tmpdir(), 'oopslab-library-'));
afterAll(() => rmSync(library, { recursive: true, force: true }));
mkdirSync(join(library, 'candidates'));

const candidate = (name: string, variant: string, expected: string, caughtBy: string): string =>
  `  - { name: ${name}, variants: { ${FUNCTION}: ${variant} }, expected: ${expected}, caughtBy: [${caughtBy}], thought: one, why: another }\n`;
writeFileSync(
  join(library, 'candidates', `${FUNCTION}.yaml`),
  `format: oopslab candidates 1\nfunction: ${FUNCTION}\ncandidates:\n` +
    candidate('mine', 'terminate-first', 'holds', '') +
    candidate('copy-the-nul', 'larger-allocation', 'breaks', 'writes-inside'),
);
writeFileSync(join(library, 'candidates', `${FUNCTION}.c`), '/* NAME.c, after NAMES */\n');

const shipped = loadCandidates();

describe('the candidates of a library', () => {
  it('join the shipped ones, and take the place of those of the same name', () => {
    const all = candidatesFor(FUNCTION, [library]);
    expect(all).toHaveLength(shipped.length + 1);
    expect(all.find(({ name }) => name === 'mine')).toMatchObject({ function: FUNCTION, expected: 'holds' });
    expect(all.find(({ name }) => name === 'copy-the-nul')).toMatchObject({ expected: 'breaks' });
    expect(candidatesFor('shm_close', [library])).toEqual([]);
  });

  it('are checked when no candidate is named, each with what its list expects', () => {
    const contenders = findContenders([], {
      scenario: loadScenario('mount-arena'),
      function: FUNCTION,
      libraries: [library],
      temporary: new TemporaryLibraries(),
      compile: {},
      onNote: () => undefined,
    });
    const found = contenders.map(({ code, expected }) => [code.name, expected]);
    expect(found).toContainEqual(['mine', 'holds']);
    expect(found).toContainEqual(['copy-the-nul', 'breaks']);
    expect(found).toContainEqual(['bug', 'breaks']);
  });
});

describe('the starting point of a function', () => {
  it('is the shipped one, with its name put in', () => {
    expect(newCandidateText('my-fix', FUNCTION)).toMatch(
      /^\/\*\n \* my-fix: a version of [^]*oopslab check my-fix\.c/u,
    );
  });

  it('is taken from a library where there is one', () => {
    expect(newCandidateText('my-fix', FUNCTION, [library])).toBe('/* my-fix.c, after NAMES */\n');
  });

  it('is refused for a function without one, with the name of the file that would be one', () => {
    expect(() => newCandidateText('my-fix', 'shm_close', [library])).toThrow(
      /no starting point for shm_close; candidates\/shm_close\.c in a --library/u,
    );
  });
});
