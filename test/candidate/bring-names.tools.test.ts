// A user's candidate at run time: names of its functions, source lines, the way back to the caller.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bringCandidate, variantOf } from '../../src/candidate/bring.js';
import { lineageOf } from '../../src/lineage/lineage.js';
import { formatListing, listingOf } from '../../src/release/listing.js';
import { RecordedState } from '../../src/recording/state.js';
import { replayDocument } from '../../src/reading/replay-document.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { loadRelease } from '../../src/release/snippet.js';
import { SymbolTable } from '../../src/kernel/symbols.js';
import { oopslab } from '../helpers/oopslab.js';
import { COMPILATIONS, COMPILERS, Folder, fixture } from '../helpers/candidate-tools.js';

const NAME = 'cifs_build_path_to_root';
const folder = new Folder();
afterAll(() => folder.remove());
const none = COMPILERS.every(({ missing }) => missing);

const run = (...args: string[]) => oopslab(args);

describe('a fault in a helper', () => {
  for (const { cc, optimize, missing, title } of COMPILATIONS) {
    it.skipIf(missing)(`is named, and the trace goes on to the caller (${title})`, () => {
      const library = join(folder.path, `trap-${cc}${optimize}`);
      const brought = bringCandidate(fixture('trap.c'), { cc, optimize });
      expect(brought.notes).toEqual([]);
      brought.saveAsLibrary(library);
      const scenario = loadScenario('shm-close-bug').with({ variants: { [NAME]: 'trap' } });
      const recording = replay(scenario, { libraries: [library] });
      const { outcome } = recording.header;
      const oops = replayDocument(recording).oops;
      expect(outcome).toMatchObject({ kind: 'fault', access: 'write', address: '0x8' });
      expect(outcome.kind === 'fault' && outcome.at).toMatch(/^touch\+0x/u);
      const trace = /Call Trace:\n([\s\S]*?)\nCode:/u.exec(oops!)![1]!.split('\n');
      expect(trace.map((line) => line.replace(/.*\] (\w+).*/u, '$1')).slice(0, 2)).toEqual(['inner', NAME]);
      expect(trace).toHaveLength(3);
      const symbols = new SymbolTable(
        recording.header.symbols.map((symbol) => ({ ...symbol, address: BigInt(symbol.address) })),
      );
      const touch = symbols.symbol('touch');
      const at = outcome.kind === 'fault' ? symbols.parseLocation(outcome.at)! : 0n;
      const offset = Number(at - touch.address);
      expect(touch.lines!.findLast((rule) => rule.offset <= offset)).toMatchObject({
        file: 'trap.c',
        line: 7,
      });
    });
  }
});

describe.skipIf(none)('a candidate in a library (needs gcc or clang)', () => {
  const library = join(folder.path, 'my-cases');
  const prepare = (): void => {
    bringCandidate(fixture('trap.c')).saveAsLibrary(library);
    mkdirSync(join(library, 'scenarios'), { recursive: true });
    writeFileSync(
      join(library, 'scenarios/trapped.yaml'),
      [
        'format: oopslab scenario 1',
        'name: trapped',
        'extends: shm-close-bug',
        'title: The candidate faults',
        `variants: { ${NAME}: trap }`,
        'expect:',
        '  outcome: null',
        '  registers: null',
        '  fields: null',
        '',
      ].join('\n'),
    );
  };

  it('leaves nothing half-written, and only its two files', () => {
    prepare();
    expect(readdirSync(join(library, 'snippets/3.0.101-84-default'))).toEqual([
      `${NAME}.trap.hex`,
      `${NAME}.trap.json`,
    ]);
  });

  it('replays in a scenario that extends a shipped one, and dis shows its source', async () => {
    prepare();
    const replayed = await run('replay', 'trapped', '--library', library, '--json');
    expect(replayed.stderr).toBe('');
    const document = JSON.parse(replayed.stdout) as { outcome: { kind: string; at: string } };
    expect(document.outcome).toMatchObject({ kind: 'fault' });
    expect(document.outcome.at).toMatch(/^touch\+0x/u);
    const listed = await run('dis', `${NAME}.trap`, '--library', library);
    expect(listed.stdout).toMatch(/^trap\.c: 7\n0x[0-9a-f]+ <touch\+\d+>:\tmov/mu);
    expect(listed.stdout).not.toContain(folder.path);
  });

  it('has values that lineage names by the arguments', () => {
    prepare();
    const scenario = loadScenario('shm-close-bug').with({ variants: { [NAME]: 'trap' } });
    const recording = replay(scenario, { libraries: [library] });
    const names = lineageOf(recording, { release: loadRelease(undefined, [library]) }).values.map(
      ({ name }) => name,
    );
    expect(names).toEqual(expect.arrayContaining(['vol', 'cifs_sb', 'tcon']));
  });
});

describe.skipIf(none)('a candidate in assembly (needs gcc or clang)', () => {
  for (const { cc, missing } of COMPILERS) {
    it.skipIf(missing)(
      `may have its function anywhere, and helpers with names of the kernel's (${cc})`,
      () => {
        const { snippet, notes, saveAsLibrary } = bringCandidate(fixture('labels.S'), { cc });
        expect(notes).toEqual([]);
        expect(snippet.symbols.map(({ name }) => name)).toEqual([
          NAME,
          'convert_delimiter.own1',
          `${NAME}.body`,
        ]);
        expect(snippet.manifest.calls.map(({ symbol }) => symbol)).toEqual([
          '__kmalloc',
          'convert_delimiter.own1',
        ]);
        const library = join(folder.path, `labels-${cc}`);
        saveAsLibrary(library);
        const scenario = loadScenario('shm-close-bug').with({ variants: { [NAME]: 'labels' } });
        const recording = replay(scenario, { libraries: [library] });
        const { returned, to: mounted } = recording.header.steps.find(({ step }) => step === 'mount')!;
        const state = new RecordedState(recording);
        expect(state.seek(mounted).read(BigInt(returned!), 5)).toEqual(
          Uint8Array.from(Buffer.from('.abc\0')),
        );
        const lines = snippet.manifest.lines.filter(({ line }) => line !== undefined);
        expect(new Set(lines.map(({ file }) => file))).toEqual(new Set(['labels.S']));
        const listing = formatListing(listingOf(loadRelease(), snippet), snippet.symbol);
        expect(listing.find((line) => line.includes('.byte') && line.includes('0x2f,0x61'))).toBeDefined();
      },
    );
  }
});

describe.skipIf(none)('files', () => {
  it('are named as the user named them, and never by where they are', () => {
    const path = relative(process.cwd(), fixture('trap.c'));
    const { manifestText } = bringCandidate(path);
    expect(manifestText).toContain(`"file": "${path}"`);
    const absolute = bringCandidate(fixture('trap.c')).manifestText;
    expect(absolute).toContain('"file": "trap.c"');
    for (const text of [manifestText, absolute])
      expect(text).not.toMatch(/"[^"]*\/(?:tmp|home|root|test\/\.\.)/u);
    const macro = folder.write(
      'macro.c',
      '__attribute__((section(".text"))) const char *cifs_build_path_to_root(void) { return __FILE__; }\n',
    );
    expect(Buffer.from(bringCandidate(macro).snippet.bytes).toString('latin1')).not.toContain(folder.path);
  });

  it('that carry their frames in another register say so', () => {
    const { notes, snippet } = bringCandidate(fixture('trap.c'), {
      optimize: '-O0',
      flags: ['-fno-omit-frame-pointer'],
    });
    expect(notes.join('\n')).toMatch(
      /another register than RSP carries the frame of .*inner.*: call traces end there/u,
    );
    expect(snippet.symbols.find(({ name }) => name === 'inner')!.frame).toBeUndefined();
  });

  it('without debug information run, with a note of what is missing', () => {
    const { notes, snippet } = bringCandidate(fixture('trap.c'), {
      flags: ['-g0', '-fno-asynchronous-unwind-tables', '-fno-unwind-tables'],
    });
    expect(snippet.manifest.lines).toEqual([]);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(/no line table/u);
    expect(notes[1]).toMatch(/^there is no frame information for /u);
  });
});

it.each([
  ['fix.c', 'fix'],
  ['a/b/Fix 2.S', 'fix-2'],
  ['__.c', 'candidate'],
  ['Ä.o', 'candidate'],
  ['my_fix.v2.c', 'my-fix-v2'],
])('%s gives the variant %s', (path, variant) => {
  expect(variantOf(path)).toBe(variant);
});
