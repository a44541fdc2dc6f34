// The command line, in this process: what each command prints, writes and exits with, and how it refuses bad input.
import { EventEmitter } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, it } from 'vitest';
import { endOnFailedWrite } from '../../src/cli/failed-write.js';
import { oopslab } from '../helpers/oopslab.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'oopslab-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (args: readonly string[], env: Record<string, string> = {}, cwd = folder) =>
  oopslab(args, { env, cwd });

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictTypes: false });
const compiled = new Map<string, ReturnType<typeof ajv.compile>>();
const schema = (name: string) => {
  const text = readFileSync(join(root, `schema/${name}.schema.json`), 'utf8');
  const validate = compiled.get(name) ?? ajv.compile(JSON.parse(text) as object);
  compiled.set(name, validate);
  return validate;
};

/** Runs with --json, and checks the document against its schema. */
const runJson = async (name: string, args: readonly string[]) => {
  const { status, stdout, stderr } = await run([...args, '--json']);
  expect(stderr).toBe('');
  const document = JSON.parse(stdout) as Record<string, never>;
  const validate = schema(name);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return { status, document: document as Record<string, any> }; // oxlint-disable-line typescript/no-explicit-any
};

const golden = readFileSync(new URL('../golden/oops.txt', import.meta.url), 'utf8');
const recording = join(folder, 'crash.rec');

describe('oopslab oops', () => {
  it('prints exactly the lines of the talk, and nothing else', async () => {
    expect(await run(['oops'])).toEqual({ status: 0, stdout: golden, stderr: '' });
  });

  it('--full adds what the kernel prints before and after', async () => {
    const lines = (await run(['oops', '--full'])).stdout.split('\n');
    expect(lines[0]).toBe('------------[ cut here ]------------');
    expect(lines.at(-2)).toMatch(/^---\[ end trace [0-9a-f]{16} \]---$/u);
    expect(lines.slice(1, -2).join('\n') + '\n').toBe(golden);
  });

  it('--provenance marks under each line what was computed and carried', async () => {
    const { stdout } = await run(['oops', '--provenance']);
    const lines = stdout.split('\n');
    const at = lines.findIndex((line) => line.startsWith('RBP:'));
    expect(lines[at]).toContain('R08: 0000000000000002');
    expect(lines[at + 1]).toBe(`     ${'^'.repeat(16)}      ${'~'.repeat(16)}      ${'^'.repeat(16)}`);
    expect(stdout).toContain('^ computed: 112 words');
    expect(stdout).toContain('~ carried: 13 words');
    expect(stdout).toContain('given: 120 words');
  });

  it('--json says where each word comes from', async () => {
    const { status, document } = await runJson('oops', ['oops']);
    expect(status).toBe(0);
    expect(document['oops']).toBe(golden);
    expect(document['counts']).toEqual({ computed: 112, carried: 13, given: 120 });
    expect(document['words']).toHaveLength(245);
  });

  it('without a report says so in one line, and exits with 1', async () => {
    const { status, stdout, stderr } = await run(['oops', 'shm-close-control']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe('oopslab: shm-close-control ended without a report (outcome: returned)\n');
    expect(await runJson('oops', ['oops', 'shm-close-control'])).toMatchObject({
      status: 1,
      document: { oops: null },
    });
  });
});

describe('oopslab replay', () => {
  it('--json has the fields of its contract', async () => {
    const { status, document } = await runJson('replay', ['replay']);
    expect(status).toBe(0);
    expect(document).toMatchObject({
      scenario: 'shm-close-bug',
      parameters: { delimiter: '\\', previous: 'shm_file_data', id: 13008943 },
      asExpected: true,
      outcome: { kind: 'bug', at: 'shm_close+0x3e', line: 205 },
      objects: { sfd: { address: '0xffff8803f382cc60' } },
      oops: golden,
    });
    expect(document['objects'].sfd.bytes).toMatch(/^5c80c600/u);
    expect(document['registers']).toMatchObject({
      rax: '0xffffffffffffffea',
      rip: '0xffffffff811e466e',
      r8: '0x2',
    });
    expect(document['steps'].map(({ step }: { step: string }) => step)).toEqual([
      'attach A', 'attach B', 'detach B', 'mount', 'free path', 'exit',
    ]); // prettier-ignore
    expect(document['steps'][3]).toMatchObject({
      call: 'cifs_build_path_to_root',
      returned: '0xffff8803f382cc40',
    });
    expect(document['steps'][0]).toMatchObject({ call: null, returned: null, instructions: 0 });
    expect(document['outOfBounds'].filter(({ access }: { access: string }) => access === 'write')).toEqual([
      {
        access: 'write',
        by: 'convert_delimiter+0x1c',
        address: '0xffff8803f382cc60',
        size: 1,
        old: '0x2f',
        new: '0x5c',
        allocation: '0xffff8803f382cc40',
        requested: 32,
        beyond: 0,
        victim: { kind: 'object', object: 'sfd', cache: 'size-32', field: 'shm_file_data.id' },
      },
    ]);
  });

  it('tells the story: the guilty instruction, how far, what it hit, how it surfaced, the oops', async () => {
    const { status, stdout } = await run(['replay']);
    expect(status).toBe(0);
    const prose = stdout.replaceAll(/\s+/gu, ' ');
    expect(prose).toContain('convert_delimiter+0x1c writes 1 byte out of bounds at 0xffff8803f382cc60');
    expect(prose).toContain('right after the 32 bytes requested at 0xffff8803f382cc40');
    expect(prose).toContain('2f (/) becomes 5c (\\)');
    expect(prose).toContain('shm_file_data.id goes from 13008943 (0xc6802f) to 13008988 (0xc6805c)');
    expect(prose).toMatch(
      /shm_close\+0x25 \(step "exit", \d+ emulated instructions after the write\) reads sfd/u,
    );
    expect(stdout).toContain(golden);
  });

  it("the second victim is a fault, and the heap's own data", async () => {
    const { status, document } = await runJson('replay', ['replay', 'slabinfo-bug']);
    expect(status).toBe(0);
    expect(document).toMatchObject({
      asExpected: true,
      outcome: { kind: 'fault', at: 's_show+0x5c', access: 'read', address: '0xffff880008015ca0', size: 4 },
      objects: { slab_3: { address: '0xffff880008012f40' } },
    });
    expect(
      document['outOfBounds'].find(({ access }: { access: string }) => access === 'write'),
    ).toMatchObject({
      old: '0x2f',
      new: '0x5c',
      victim: { kind: 'management', object: 'slab_3', cache: 'size-64', field: 'slab.list.next' },
    });
  });

  it('the control ends well, with nothing out of bounds', async () => {
    const { status, document } = await runJson('replay', ['replay', 'shm-close-control']);
    expect(status).toBe(0);
    expect(document).toMatchObject({
      asExpected: true,
      outcome: { kind: 'returned' },
      outOfBounds: [],
      oops: null,
    });
  });

  it('an outcome that parameters changed is exit code 1, not an error', async () => {
    const { status, document } = await runJson('replay', ['replay', '--set', 'previous=zero']);
    expect(status).toBe(1);
    expect(document).toMatchObject({ asExpected: false, outcome: { kind: 'returned' } });
  });

  it('--record keeps a recording, which every view can read', async () => {
    const live = await run(['replay', '--record', recording]);
    expect(live).toMatchObject({ status: 0, stderr: `oopslab: the recording is in ${recording}\n` });
    expect(await run(['replay', '--recording', recording])).toEqual({ ...live, stderr: '' });
    expect((await run(['oops', '--recording', recording])).stdout).toBe(golden);
    expect((await run(['diff', 'shm-close-bug', recording])).status).toBe(0);
  });

  it('runs a file', async () => {
    const path = join(folder, 'mine.yaml');
    writeFileSync(path, 'format: oopslab scenario 1\nname: mine\nextends: shm-close-control\n');
    expect(await run(['replay', './mine.yaml'])).toMatchObject({ status: 0, stderr: '' });
    mkdirSync(join(folder, 'library/scenarios'), { recursive: true });
    writeFileSync(join(folder, 'library/scenarios/mine.yaml'), readFileSync(path));
    expect((await run(['replay', 'mine', '--library', 'library'])).status).toBe(0);
    expect((await run(['replay', 'mine'], { OOPSLAB_LIBRARY: 'library' })).status).toBe(0);
  });
});

describe('oopslab diff', () => {
  it('says where bug and control part, and what differs at the end', async () => {
    const { status, document } = await runJson('diff', ['diff', 'shm-close-bug', 'shm-close-control']);
    expect(status).toBe(1);
    expect(document).toMatchObject({ same: false, fork: { step: 'mount' } });
    expect(document['end'].outcome).toMatchObject({ a: { kind: 'bug' }, b: { kind: 'returned' } });
    expect((await run(['diff', 'shm-close-bug', 'shm-close-control'])).stdout).toContain(
      'The ways part at instruction',
    );
  });

  it('finds no difference between a scenario and itself', async () => {
    const { status, document } = await runJson('diff', ['diff', 'shm-close-bug', 'shm-close-bug']);
    expect({ status, same: document['same'] }).toEqual({ status: 0, same: true });
  });
});

describe('what is shipped', () => {
  it.each(['shm_close', 'cifs_build_path_to_root.terminate-first'])('dis %s lists it', async (name) => {
    const { status, document } = await runJson('dis', ['dis', name]);
    expect(status).toBe(0);
    expect(document['instructions'][0].address).toBe(document['address']);
    expect((await run(['dis', name])).stdout).toContain(`<${name.split('.')[0]}+`);
  });

  it('dis with an offset marks that instruction, --bytes shows the bytes', async () => {
    const lines = (await run(['dis', 'shm_close+0x3e', '--bytes'])).stdout.split('\n');
    expect(lines.filter((line) => line.startsWith('=>'))).toEqual([
      expect.stringMatching(/^=> 0xffffffff811e466e <shm_close\+62>:\t0f 0b {2,}\tud2/u),
    ]);
    expect(lines).toContainEqual(expect.stringMatching(/^ {3}0xffffffff811e4630 <shm_close>:\t/u));
    // an address inside an instruction belongs to it; crash prints offsets in decimal, an oops with the size
    for (const place of ['shm_close+0x3f', 'shm_close+62', 'shm_close+0x3e/0xb0'])
      expect((await run(['dis', place])).stdout).toMatch(/^=> 0xffffffff811e466e /mu);
    expect((await runJson('dis', ['dis', 'shm_close+0x3f'])).document['marked']).toBe('0xffffffff811e466e');
    expect((await runJson('dis', ['dis', 'shm_close'])).document['marked']).toBeNull();
    expect((await run(['dis', 'shm_close'])).stdout).not.toMatch(/^(?:=>| {3})/mu);
    expect((await run(['dis', 'cifs_build_path_to_root.terminate-first+0x0'])).stdout).toContain(
      '=> 0xffffffffa0',
    );
  });

  it('scenarios lists the parameters of each, and what they mean', async () => {
    const { stdout } = await run(['scenarios']);
    expect(stdout).toMatch(/^shm-close-bug .*\n {4}parameters: tree=\S+, prepath=\/team[^:]* id=13008943$/mu);
    expect(stdout).toMatch(/^ {2}id \(int32\): the id that attach A stores/mu);
  });

  it('scenarios, snippets and doctor have documents', async () => {
    const names = (await runJson('scenarios', ['scenarios'])).document['scenarios'].map(
      ({ name }: { name: string }) => name,
    );
    expect(names).toEqual(expect.arrayContaining(['shm-close-bug', 'shm-close-control']));
    const { stdout } = await run(['scenarios']);
    for (const name of names) expect(stdout).toContain(name);
    expect((await runJson('snippets', ['snippets'])).document['snippets'].length).toBeGreaterThan(12);
    expect((await runJson('doctor', ['doctor'])).document).toMatchObject({ usable: true });
  });

  it('scenarios lists a broken file of a library without failing', async () => {
    mkdirSync(join(folder, 'broken/scenarios'), { recursive: true });
    writeFileSync(join(folder, 'broken/scenarios/odd.yaml'), 'format: 7\n');
    const { status, stdout } = await run(['scenarios', '--library', 'broken']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/odd +cannot be used: /u);
  });
});

describe('control characters of input', () => {
  const steer = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u;
  const ESCAPES = '"\\e]0;x\\a \\u009b31m\\r"';

  it('are refused in a scenario, also in the list of scenarios, and shown as numbers', async () => {
    mkdirSync(join(folder, 'steer/scenarios'), { recursive: true });
    writeFileSync(
      join(folder, 'steer/scenarios/steer.yaml'),
      `format: oopslab scenario 1\nname: steer\nextends: shm-close-bug\ntitle: ${ESCAPES}\n`,
    );
    const says = 'should have no control or invisible character, found \\x1b';
    const { status, stderr } = await run(['replay', 'steer', '--library', 'steer']);
    expect(status).toBe(2);
    expect(stderr).toBe(`oopslab: steer/scenarios/steer.yaml:4:8: title: ${says}\n`);
    for (const json of [[], ['--json']]) {
      const listed = await run(['scenarios', '--library', 'steer', ...json]);
      expect(listed.status).toBe(0);
      expect(listed.stdout).not.toMatch(steer);
      expect(listed.stdout).toContain(json.length === 0 ? says : 'found \\\\x1b');
    }
  });

  it('are escaped in errors, which stay one line', async () => {
    for (const args of [['replay', 'a\u001b[2J\nb'], ['replay', '--set', 'tree\u001b=x'], ['bo\u001bgus'], ['replay', './a\u001b.yaml']]) {
      const { status, stderr } = await run(args);
      expect(status).toBe(2);
      expect(stderr).not.toMatch(steer);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(stderr).toMatch(/\\x1b|\\u001b/u);
    }
  }); // prettier-ignore
});

describe('--json with help or version', () => {
  it.each([['--version'], ['--help'], ['replay', '--help'], ['help'], ['help', 'replay']])('%s %s is wrong use, as a document', async (...args) => {
    const given = args.filter((one) => one !== undefined);
    for (const order of [[...given, '--json'], ...(given[0]!.startsWith('--') ? [['--json', ...given]] : [])]) {
      const { status, stdout, stderr } = await run(order);
      expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ERR_USAGE' } });
    }
    expect((await run(given)).status).toBe(0);
  }); // prettier-ignore
});

describe('bad input', () => {
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const extending = (name: string, text: string): string =>
    write(`${name}.yaml`, `format: oopslab scenario 1\nname: ${name}\nextends: shm-close-bug\n${text}`);

  const cases: readonly (readonly [string, () => string[], RegExp])[] = [
    ['an unknown scenario', () => ['replay', 'shm-close-bgu'], /there is no scenario "shm-close-bgu"; did you mean "shm-close-bug"\? There are .*--library/u],
    ['a name far from all scenarios', () => ['replay', 'panic'], /there is no scenario "panic"; there are /u],
    ['help for an unknown command', () => ['help', 'repaly'], /unknown command 'repaly'/u],
    ['a missing file', () => ['replay', './no.yaml'], /no\.yaml: cannot be read: ENOENT/u],
    ['a folder', () => ['replay', './'], /is a folder; name a scenario file/u],
    ['an empty file', () => ['replay', write('empty.yaml', '')], /empty\.yaml: is empty; a scenario starts with/u],
    ['a binary file', () => ['replay', write('binary.yaml', Uint8Array.of(1, 0, 2))], /is not text/u],
    ['a YAML error', () => ['replay', write('syntax.yaml', 'a: [1\nb: }\n')], /syntax\.yaml:\d+:\d+: YAML: /u],
    ['an unknown field', () => ['replay', extending('field', 'wrold: {}\n')], /field\.yaml:4:1?\d*: wrold: unknown field "wrold"; did you mean "world"\?/u],
    ['a wrong type', () => ['replay', extending('type', 'title: 7\n')], /type\.yaml:4:8: title: should be text that is not empty or null, found 7/u],
    ['an address that is not canonical', () => ['replay', extending('canonical', 'world: { objects: { vma: { at: 0x800000000000 } } }\n')], /canonical\.yaml:4:\d+: world\.objects\.vma\.at: 0x800000000000 is not canonical/u],
    ['overlapping objects', () => ['replay', extending('overlap', 'world: { objects: { vma_b: { at: 0xffff88016d2319f0 } } }\n')], /overlap\.yaml:4:\d+: world\.objects\.vma_b\.at: vma_b overlaps vma/u],
    ['an unknown struct', () => ['replay', extending('struct', 'world: { objects: { vma: { struct: vm_aera_struct } } }\n')], /struct\.yaml:4:\d+: world\.objects\.vma\.struct: there is no struct "vm_aera_struct"/u],
    ['an unknown field of a struct', () => ['replay', extending('member', 'world: { objects: { vma: { set: { vm_fiel: 0 } } } }\n')], /member\.yaml:4:\d+: world\.objects\.vma\.set\.vm_fiel: struct vm_area_struct has no field "vm_fiel"/u],
    ['a tree name over the limit', () => ['replay', '--set', `tree=${'x'.repeat(100)}`], /tree: has 100 bytes, at most 99 are allowed \(MAX_TREE_SIZE/u],
    ['a parameter out of range', () => ['replay', '--set', 'id=2147483648'], /id: .*2147483647/u],
    ['an unknown parameter', () => ['replay', '--set', 'three=1'], /three: shm-close-bug has no parameter "three"; it has tree/u],
    ['a setting without a value', () => ['replay', '--set', 'tree'], /--set: should be name=value/u],
    ['a missing recording', () => ['oops', '--recording', 'no.rec'], /no\.rec: /u],
    ['a recording that is not one', () => ['oops', '--recording', write('text.rec', 'hello')], /text\.rec: not a recording/u],
    ['a recording and a scenario', () => ['oops', 'shm-close-bug', '--recording', recording], /--recording: give a scenario or --recording, not both/u],
    ['a missing library', () => ['replay', '--library', 'nowhere'], /nowhere: --library: there is no such folder/u],
    ['a folder that is not a library', () => ['scenarios', '--library', join(folder, 'broken/scenarios')], /--library: is not a library: it should hold a folder scenarios\/, cases\/, snippets\//u],
    ['a symbol without bytes', () => ['dis', '__kmalloc'], /__kmalloc is a symbol without bytes/u],
    ['an offset past the end of the function', () => ['dis', 'shm_close+0xb0'], /symbol: shm_close has 0xb0 bytes: the last is shm_close\+0xaf/u],
    ['an unknown symbol', () => ['dis', 'shm_clsoe'], /there is no snippet "shm_clsoe"/u],
    ['a folder that cannot be written', () => ['replay', '--record', './nowhere/x.rec'], /nowhere/u],
    ['an unknown command', () => ['repaly'], /unknown command 'repaly'/u],
    ['an unknown option', () => ['replay', '--jsno'], /unknown option '--jsno'/u],
    ['a missing argument', () => ['diff', 'shm-close-bug'], /missing required argument 'b'; "oopslab diff --help" says/u],
    ['too many arguments', () => ['replay', 'a', 'b'], /too many arguments/u],
  ]; // prettier-ignore

  it.each(cases)('%s gets one clear message and exit code 2', async (_, make, message) => {
    const args = make();
    const { status, stdout, stderr } = await run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^oopslab: /u);
    expect(stderr).not.toMatch(/\n {4}at |internal error/u);
    const json = await run([...args, '--json']);
    expect(json.status).toBe(2);
    const validate = schema('error');
    expect(validate(JSON.parse(json.stdout)), JSON.stringify(validate.errors)).toBe(true);
  });

  it('snippet bytes that do not match their hash are named with their file', async () => {
    const name = readdirSync(join(root, 'snippets'))[0]!;
    const own = join(folder, 'damaged/snippets', name);
    mkdirSync(own, { recursive: true });
    for (const file of ['convert_delimiter.json', 'convert_delimiter.hex']) {
      writeFileSync(
        join(own, file),
        readFileSync(join(root, 'snippets', name, file), 'utf8').replace(/^48/u, '49'),
      );
    }
    const { status, stderr } = await run(['replay', '--library', 'damaged']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/convert_delimiter.*sha256/u);
  });

  it('leaves nothing half-written', async () => {
    await run(['replay', '--record', './nowhere/x.rec']);
    await run(['replay', '--set', 'tree=', '--record', 'never.rec']);
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('never'))).toEqual([]);
  });
});

describe('the program', () => {
  it('has help with an example for every command', async () => {
    const { status, stdout } = await run(['--help']);
    expect(status).toBe(0);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*$/gmu)].map(([, name]) => name!);
    expect(commands).toEqual(
      expect.arrayContaining(['replay', 'oops', 'diff', 'dis', 'scenarios', 'snippets', 'doctor']),
    );
    for (const name of commands.filter((command) => command !== 'help')) {
      const help = await run([name, '--help']);
      expect(help).toMatchObject({ status: 0, stderr: '' });
      expect(help.stdout, name).not.toContain('[])'); // an empty list is not a default worth naming
      expect(help.stdout).toMatch(new RegExp(`\\$ oopslab ${name}`, 'u'));
    }
  });

  it('prints its version, and help to stderr when nothing is asked', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await run(['--version'])).toEqual({
      status: 0,
      stdout: `oopslab ${version}, Node ${process.versions.node}\n`,
      stderr: '',
    });
    const { status, stdout, stderr } = await run([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Usage: oopslab');
  });

  it.each([
    [
      'stdout',
      'ENOSPC',
      2,
      'oopslab: stdout cannot be written: ENOSPC (there is no space left on the disk)\n',
    ],
    ['stdout', 'EBADF', 2, 'oopslab: stdout cannot be written: EBADF (it is closed, or not open for that)\n'],
    [
      'stdout',
      'EIO',
      2,
      'oopslab: stdout cannot be written: EIO (the system could not do it; if it is on a disk, that may be damaged)\n',
    ],
    ['stdout', 'EPIPE', undefined, ''],
    ['stdout', 'ECONNRESET', undefined, ''],
    ['stderr', 'EIO', 2, ''],
  ] as const)('when %s fails with %s, ends with one line at most', (stream, code, exitCode, said) => {
    let text = '';
    const exits: (number | undefined)[] = [];
    const failing = {
      stdout: new EventEmitter(),
      stderr: Object.assign(new EventEmitter(), { write: (part: string) => (text += part) }),
      platform: process.platform,
      exit: (status?: number) => void exits.push(status),
    };
    endOnFailedWrite(failing);
    failing[stream].emit('error', Object.assign(new Error('write failed'), { code }));
    expect({ exits, text }).toEqual({ exits: [exitCode], text: said });
  });

  it('help prints the help of a command, or of all', async () => {
    expect(await run(['help', 'dis'])).toEqual(await run(['dis', '--help']));
    expect(await run(['help'])).toEqual(await run(['--help']));
  });

  it('doctor names a library of the environment that is not there', async () => {
    const { status, stdout } = await run(['doctor'], { OOPSLAB_LIBRARY: join(folder, 'nowhere') });
    expect(status).toBe(1);
    expect(stdout).toMatch(/Missing: the library .*nowhere \(OOPSLAB_LIBRARY names it/u);
    expect(stdout).not.toContain('Nothing is missing');
  });

  it('writes no escape sequence, not even where colour is forced', async () => {
    for (const args of [['replay'], ['snippets'], ['doctor']]) {
      expect((await run(args, { FORCE_COLOR: '3' })).stdout).not.toContain('\u001b');
    }
  });
});
