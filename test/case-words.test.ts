// What belongs to the shipped case (CIFS mounts, shared memory) stands beside its scenarios, snippets and candidates. The
// rooms named here work for any other case: they do not know its words.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

const ROOMS = [
  'base',
  'elf',
  'x86',
  'recording',
  'machine',
  'release',
  'scenario',
  'run',
  'forensics',
  'lineage',
  'reading',
  'why',
  'lifetimes',
  'detectors',
  'source',
  'decode',
  'candidate',
  'check',
  'step',
  'chart',
  'report',
  'serve',
  'cli',
];

const WORDS =
  /cifs|(?<![a-z])(?:shm|smb|sfd)|\bvol\b(?!\.)|prepath|prefix path|tree ?name|\btcon\b|\bDFS\b|convert_delimiter|init_ipc_ns/giu;

// Words that users read, and sources of facts: each with the text in which they stand.
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'cli/options.ts': ["DEFAULT_SCENARIO = 'shm-close-bug'"],
  'cli/commands.ts': [
    'vma, "sfd->id"',
    'still known at shm_close+0x3e',
    'shm_close+0xb or shm_close+11, decimal or 0x',
  ],
  // Shared memory, as the OOM killer counts it.
  'decode/read/checker-continuation.ts': ['|shmem-rss|'],
  // Names of servers in the lines of every file system of networks.
  'decode/judge/redact/private-words.ts': ['fs/smb, net/sunrpc', '/(?:CIFS|cifs|SMB|smb3?|UNC)'],
  // The table of the kernel's subsystems has every one.
  'decode/judge/subsystem.ts': [
    'fs/smb, net/',
    "[/^cifs_|^smb2_|^SMB2_/u, 'fs/smb/client']",
    "[/^ksmbd_/u, 'fs/smb/server']",
    "[/^shm_|^sem_|^msg_|^ipc_/u, 'ipc']",
    "cifs: 'fs/smb/client'",
    "ksmbd: 'fs/smb/server'",
  ],
  'forensics/patterns.ts': [
    'the CIFS client does so in convert_delimiter()',
    'convert_delimiter(), fs/cifs/cifsglob.h',
  ],
  'reading/diff-form.ts': ['segment.shm_nattch, cifs_build_path_to_root+0x80'],
  'reading/replay-form.ts': ["says('shm_file_data.id'"],
  'step/keys.ts': ['go to shm_close+0x25'],
  'x86/old-spelling.ts': ['test/golden/decodecode.txt and dis-lr-shm_close.txt'],
};

/** The source without examples: what stands in backquotes in a comment, and commands in a help text. */
const withoutExamples = (text: string): string =>
  text
    .replaceAll(/^\s*(?:\*|\/\/|\/\*\*).*$|\/\/ .*$/gmu, (comment) => comment.replaceAll(/`[^`]*`/gu, '``'))
    .replaceAll(/^ *\$ oopslab .*$/gmu, '');

const files = ROOMS.flatMap((room) =>
  readdirSync(join(src, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(room, name).replaceAll('\\', '/')),
);

describe('the words of the shipped case', () => {
  it.each(ROOMS)('do not occur in %s', (room) => {
    const found = files
      .filter((file) => file.startsWith(`${room}/`))
      .flatMap((file) => {
        const text = (ALLOWED[file] ?? []).reduce(
          (rest, allowed) => rest.replaceAll(allowed, ''),
          withoutExamples(readFileSync(join(src, file), 'utf8')),
        );
        return text
          .split('\n')
          .flatMap((line) => (line.match(WORDS) === null ? [] : `${file}: ${line.trim()}`));
      });
    expect(found).toEqual([]);
  });

  it('are allowed only where they occur', () => {
    const unused = Object.entries(ALLOWED).flatMap(([file, texts]) =>
      texts
        .filter((text) => !readFileSync(join(src, file), 'utf8').includes(text))
        .map((text) => [file, text]),
    );
    expect(unused).toEqual([]);
  });

  it('are found where they stand', () => {
    expect('const vol = 1; // Intel SDM vol. 3'.match(WORDS)).toEqual(['vol']);
    expect(withoutExamples('// as `shm_close` shows shm')).toBe('// as `` shows shm');
    expect(withoutExamples('const a = `shm`;')).toBe('const a = `shm`;');
  });
});
