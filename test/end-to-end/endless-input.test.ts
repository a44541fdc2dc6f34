// Input that does not end, or is a device, given to the built program: one message, and the program ends.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtMain } from '../helpers/built.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-endless-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const answers = join(folder, 'answers.txt');
writeFileSync(answers, 'skip\n');

/** A command line of bash, in 1 GiB of memory for each process's heap; `$OOPSLAB` is the program. */
const shell = (line: string) => {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', line], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, OOPSLAB: `${process.execPath} --max-old-space-size=256 ${builtMain}` },
    timeout: 120_000,
  });
  return { status, stdout, stderr };
};

describe.skipIf(process.platform === 'win32')('input without an end', () => {
  it.each<[string, RegExp]>([
    ['$OOPSLAB step --script /dev/zero', /^oopslab: \/dev\/zero: is not a regular file; name a script\n$/u],
    ['$OOPSLAB lesson which-id --script /dev/zero', /^oopslab: \/dev\/zero: is not a regular file; name a script\n$/u],
    ['$OOPSLAB lesson ./zero.md', /zero\.md: is not a regular file; name a lesson file\n$/u],
    ['$OOPSLAB step --script - < /dev/zero', /^oopslab: standard input: has more than 65536 bytes, the most that a script has\n$/u],
    ['yes | $OOPSLAB step --script -', /^oopslab: standard input: has more than 65536 bytes/u],
    ['$OOPSLAB step --script <(yes)', /^oopslab: \/dev\/fd\/\d+: has more than 65536 bytes/u],
    ['$OOPSLAB lesson which-id --script <(yes)', /^oopslab: \/dev\/fd\/\d+: has more than 65536 bytes/u],
    ['$OOPSLAB crash < /dev/zero', /standard input:1: has a line of more than 65536 characters\n$/u],
    ['$OOPSLAB lesson which-id < /dev/zero', /standard input:1: has a line of more than 65536 characters\n$/u],
  ])('is refused: %s', (line, message) => {
    const { status, stderr } = shell(`ln -sf /dev/zero zero.md; ${line}`);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  }); // prettier-ignore

  it.runIf(process.platform === 'linux').each<[string, RegExp]>([
    ['step --script /proc/self/mem', /^oopslab: \/proc\/self\/mem: cannot be read: EIO \(the system could not do it;/u],
    ['lesson which-id --script /proc/self/mem', /^oopslab: \/proc\/self\/mem: cannot be read: EIO/u],
    ['replay /proc/self/mem', /^oopslab: \/proc\/self\/mem: cannot be read: EIO/u],
    ['step --script /proc/self/pagemap', /^oopslab: \/proc\/self\/pagemap: has more than 65536 bytes/u],
    ['replay /proc/self/pagemap', /^oopslab: \/proc\/self\/pagemap: has more than 4194304 bytes/u],
    ['oops --recording /proc/self/pagemap', /pagemap: has more than 67108864 bytes and does not say how many/u],
    ['step --script /proc/version', /^oopslab: \/proc\/version:1: there is no key Linux\n$/u],
    ['replay /proc/version', /^oopslab: \/proc\/version:1:1: should be a map, found "Linux/u],
  ])('a file of size 0 is not taken for empty: %s', (line, message) => {
    const { status, stderr } = shell(`$OOPSLAB ${line}`);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  }); // prettier-ignore

  it('a script may come from a command', () => {
    const piped = shell("$OOPSLAB step --script <(echo 'g screen')");
    expect(piped).toEqual(shell("echo 'g screen' | $OOPSLAB step --script -"));
    expect(piped.status).toBe(0);
    expect(shell('$OOPSLAB lesson which-id --script - < answers.txt')).toEqual(
      shell('$OOPSLAB lesson which-id --script answers.txt'),
    );
  });

  it('as many screens as a script can ask for are refused', () => {
    writeFileSync(join(folder, 'keys.txt'), `size 1000x1000\n${'screen '.repeat(9000)}`);
    const { status, stderr } = shell('$OOPSLAB step --script keys.txt');
    expect(stderr).toMatch(/^oopslab: keys\.txt:2: the screens have more than 67108864 characters\n$/u);
    expect(status).toBe(2);
  });
});
