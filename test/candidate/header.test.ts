// oopslab.h: the header of candidates in C.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { callablesOf } from '../../src/candidate/callable.js';
import { headerText } from '../../src/candidate/header.js';
import { DEFAULT_RELEASE } from '../../src/release/default-release.js';
import { loadRelease } from '../../src/release/snippet.js';
import { CIFS_MOUNT_POSIX_PATHS, MAX_TREE_SIZE, SMB_SHARE_IS_IN_DFS } from '../../src/kernel/structs/cifs.js';
import { findStruct, structNames } from '../../src/kernel/structs/all.js';
import { oopslab } from '../helpers/oopslab.js';

const library = mkdtempSync(join(tmpdir(), 'oopslab-header-'));
afterAll(() => rmSync(library, { recursive: true, force: true }));
const release = loadRelease();
const header = headerText(release);
const root = fileURLToPath(new URL('../..', import.meta.url));

const headers = (...args: string[]) => oopslab(['headers', ...args]);

describe('the header', () => {
  it('has every struct, with its size and the offset of each field asserted', () => {
    for (const name of structNames()) {
      const { size, fields } = findStruct(name)!;
      expect(header).toContain(
        `_Static_assert(sizeof(struct ${name}) == 0x${size.toString(16)}, "${name}");`,
      );
      for (const [field, [offset]] of Object.entries(fields))
        expect(header).toContain(
          `_Static_assert(__builtin_offsetof(struct ${name}, ${field}) == 0x${offset.toString(16)},`,
        );
    }
  });

  it('has the constants that the structs and scenarios of the case use', () => {
    expect(header).toContain(`#define MAX_TREE_SIZE ${MAX_TREE_SIZE}\n`);
    expect(header).toContain(`#define SMB_SHARE_IS_IN_DFS 0x${SMB_SHARE_IS_IN_DFS.toString(16)}\n`);
    expect(header).toContain(`#define CIFS_MOUNT_POSIX_PATHS 0x${CIFS_MOUNT_POSIX_PATHS.toString(16)}\n`);
  });

  it('ends with what the candidates.h of a library adds', () => {
    const own = join(library, 'snippets', DEFAULT_RELEASE);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'candidates.h'), '#define OWN 1\n');
    const text = headerText(loadRelease(DEFAULT_RELEASE, [library]));
    expect(text).toBe(header.replace(/(?=\n\n#endif)/u, '\n\n#define OWN 1'));
  });

  it('declares every function that has bytes or a stub', () => {
    const names = [
      ...release.select().map(({ function: name }) => name),
      ...release.stubs.map(({ symbol }) => symbol),
    ];
    expect(names.filter((name) => !new RegExp(`\\b${name}\\(`, 'u').test(header))).toEqual([]);
  });
});

describe('oopslab headers', () => {
  it('prints it', async () => {
    expect(await headers()).toMatchObject({ status: 0, stdout: header, stderr: '' });
  });

  it('has a document', async () => {
    const { stdout, status } = await headers('--json');
    expect(status).toBe(0);
    const schema = JSON.parse(readFileSync(`${root}/schema/headers.schema.json`, 'utf8')) as object;
    const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(schema);
    const document = JSON.parse(stdout) as { header: string; release: string; callable: { name: string }[] };
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(document.header).toBe(header);
    expect(document.release).toBe(DEFAULT_RELEASE);
    expect(document.callable.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['strlen', '__kmalloc']),
    );
  });

  it('refuses an unknown release', async () => {
    expect(await headers('--release', 'none')).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('the list in docs/candidates.md', () => {
  const text = readFileSync(`${root}/docs/candidates.md`, 'utf8');
  const listed = (heading: string): string[] => {
    const paragraph = new RegExp(`^- ${heading}: ([\\s\\S]*?)(?=^- |^$)`, 'mu').exec(text)?.[1] ?? '';
    return [...paragraph.matchAll(/`(\w+)`/gu)].map(([, name]) => name!);
  };

  it.each([
    ['code', 'machine code'],
    ['stub', 'stubs'],
    ['data', 'data'],
  ] as const)('is what there is: %s', (how, heading) => {
    const names = callablesOf(release).filter((callable) => callable.how === how);
    expect(listed(heading)).toEqual(names.map(({ name }) => name));
  });
});
