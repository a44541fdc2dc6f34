// What npm run release finds wrong before anything is released.
import { describe, expect, it } from 'vitest';

interface State {
  readonly version: string;
  readonly lockVersion: string;
  readonly changelog: string;
  readonly changes: string;
  readonly head: string;
  readonly tagged: string | undefined;
}

const script = new URL('../../scripts/release.mjs', import.meta.url).href;
const { findProblems } = (await import(script)) as { findProblems(state: State): string[] };

const READY: State = {
  version: '1.2.0',
  lockVersion: '1.2.0',
  changelog:
    '# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-01-02\n\nMore.\n\n## [1.1.0] - 2026-01-01\n\nFirst.\n',
  changes: '',
  head: 'c0ffee',
  tagged: undefined,
};

describe('a release', () => {
  it('is ready before its tag is set, and when the tag is at the commit', () => {
    expect(findProblems(READY)).toEqual([]);
    expect(findProblems({ ...READY, tagged: 'c0ffee' })).toEqual([]);
  });

  it.each([
    ['with changes that are not committed', { changes: ' M README.md' }, / M README\.md/u],
    ['with another version in the lockfile', { lockVersion: '1.1.0' }, /version 1\.1\.0.*1\.2\.0: run npm install/u],
    ['without a section for its version', { version: '1.3.0', lockVersion: '1.3.0' }, /1\.2\.0.*1\.3\.0/u],
    ['with a section without a date', { changelog: READY.changelog.replace(' - 2026-01-02', '') }, /date/u],
    ['with an empty section', { changelog: READY.changelog.replace('More.\n', '') }, /text/u],
    ['with unreleased changes', { changelog: READY.changelog.replace('[Unreleased]\n', '[Unreleased]\n\nNew.\n') }, /unreleased/u],
    ['without a place for changes', { changelog: READY.changelog.replace('## [Unreleased]\n\n', '') }, /\[Unreleased\]/u],
    ['of a version that was released', { tagged: 'decade' }, /v1\.2\.0 is at decade.*released already/u],
  ] as const)('%s is not ready', (_, change, problem) => {
    expect(findProblems({ ...READY, ...change }).join('\n')).toMatch(problem);
  }); // prettier-ignore
});
