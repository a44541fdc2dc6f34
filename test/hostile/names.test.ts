// Names that steer a terminal, or that nobody sees, in every text of what is read: it is refused in one line, or shown with
// their numbers. In machines that no file gave, too: what shows a name does not depend on who checked it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { findProblem } from '../../src/base/check-form.js';
import { escapeInLine, findInvisible, findInvisibleInText } from '../../src/base/visible-text.js';
import { escapeXml } from '../../src/base/xml.js';
import { formatSvg } from '../../src/chart/svg.js';
import { slabPicture } from '../../src/chart/slab-picture.js';
import { slabScene } from '../../src/chart/slab-scene.js';
import { complete } from '../../src/crash/complete.js';
import { coverageListing } from '../../src/check/tell/coverage-listing.js';
import type { CheckedCandidate } from '../../src/check/tell/form.js';
import { junitText } from '../../src/check/tell/junit.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { openSession } from '../../src/crash/run.js';
import { Case } from '../../src/reading/case.js';
import { Scene } from '../../src/reading/scene.js';
import { headerForm } from '../../src/recording/form.js';
import { encodeRecording } from '../../src/recording/file.js';
import { Recording } from '../../src/recording/recording.js';
import { pageData } from '../../src/report/collect.js';
import { readPageData } from '../../page/model/read-data.js';
import { pageHtml } from '../../src/report/html.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { runScript } from '../../src/step/script.js';
import { Stepper } from '../../src/step/stepper.js';
import { CORPUS_READERS, type CorpusReader, findFault } from '../helpers/corpus-readers.js';
import { cases } from '../helpers/effort.js';
import { MAKERS, invented } from '../helpers/invented-reports.js';
import { oopslab } from '../helpers/oopslab.js';

const temporary = mkdtempSync(join(tmpdir(), 'oopslab-names-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** What a terminal obeys, or does not show. */
const STEERING = [
  '\u001b]0;owned\u0007',
  '\u001b[2J',
  '\u009b31m',
  '\b\b\r',
  '\u007f',
  '\u200b',
  '\u202e',
  '\u2066',
  '\u061c',
  '\u2028',
  '\u00ad',
  '\u3164',
  '\ufeff',
  '\u{e0041}\u{e007f}',
  '\ud800',
];

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type Path = readonly (string | number)[];

// Every text and every name of a field, once for all items of a list.
const placesIn = (value: Json): Path[] => {
  const found = new Map<string, Path>();
  const visit = (one: Json, path: Path): void => {
    const key = path.map((part) => (typeof part === 'number' ? '*' : part)).join('.');
    if (typeof one === 'string') found.set(key, path);
    else if (Array.isArray(one)) one.forEach((item: Json, index) => visit(item, [...path, index]));
    else if (typeof one === 'object' && one !== null)
      for (const [name, field] of Object.entries(one)) {
        found.set(`${key}.${name} itself`, [...path, name, '']);
        visit(field, [...path, name]);
      }
  };
  visit(value, []);
  return [...found.values()];
};

// The value with something added to the text at a path, or to the name where the path ends in ''.
const spoiled = (value: Json, [first, ...rest]: Path, added: string): Json => {
  if (first === undefined) return `${String(value).slice(0, 1)}${added}${String(value).slice(1)}`;
  if (typeof first === 'number') return (value as Json[]).with(first, spoiled((value as Json[])[first]!, rest, added));
  const fields = value as Record<string, Json>;
  if (rest.length === 1 && rest[0] === '')
    return Object.fromEntries(Object.entries(fields).map(([name, one]) => [name === first ? `${name}${added}` : name, one]));
  return { ...fields, [first]: spoiled(fields[first]!, rest, added) };
}; // prettier-ignore

const shipped = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

const readerOf = (name: string): CorpusReader => CORPUS_READERS.find((one) => one.name === name)!;

const corpus = (path: string): Json => JSON.parse(shipped(`test/corpus/${path}`)) as Json;

const RELEASE = 'snippets/3.0.101-84-default';
const run = replay(loadScenario('shm-close-bug'));
const { header, data } = run;
const snippet = corpus('snippet/returns.json') as { readonly manifest: Json; readonly hex: string };
const manifest = {
  ...(snippet.manifest as object),
  module: 'ext4',
  lines: [{ offset: '0x0', file: 'ext4.c', line: 7 }],
  variables: [{ name: 'inode', type: 'struct inode *', from: 'rdi at +0x0' }],
} as Json;
const lesson = shipped('test/corpus/lesson/one-question.md').split('\n');

/** What is read, as JSON whose texts are spoiled, and how it becomes the input of a reader. */
const READ: readonly (readonly [string, Json, (value: Json) => string | Uint8Array, string])[] = [
  ['recording', header as unknown as Json, (one) => encodeRecording(new Recording(one as never, data)), 'recording'],
  ['scenario', { format: 'oopslab scenario 1', ...loadScenario('shm-close-bug').spec } as unknown as Json, (one) => JSON.stringify(one), 'scenario'],
  ['snippet', manifest, (one) => JSON.stringify({ manifest: one, hex: snippet.hex }), 'snippet'],
  ['list of symbols', JSON.parse(shipped(`${RELEASE}/symbols.json`)) as Json, (one) => JSON.stringify({ [`${RELEASE}/symbols.json`]: JSON.stringify(one) }), 'library'],
  ['shard', corpus('shard/error-of-a-candidate.json'), (one) => JSON.stringify(one), 'shard'],
  ['lesson', Object.fromEntries(lesson.entries()), (one) => Object.values(one as object).join('\n'), 'lesson'],
]; // prettier-ignore

// Lists of a library say what cannot be used, and go on.
const LISTS = /^oopslab (?:scenarios|lesson)\b.* --library/u;

// Names of fields that the reader knows are missing then; of a lesson, lines have no names.
const NAMED: Readonly<Record<string, readonly string[]>> = {
  recording: ['parameters', 'variants', 'given'],
  lesson: [],
};

// Bytes for a machine, and messages that quote an input.
const MAY_HAVE_ANY = /(?:^|\.)(?:default|lead|message|from|to)$/u;

describe('a name that nobody sees as it is', () => {
  it.each(READ)('in any text of a %s is refused, or has its number', async (_what, value, inputOf, reader) => {
    const named = NAMED[reader];
    const places = placesIn(value).filter((path) => path.at(-1) !== '' || named?.includes(String(path[0])) !== false);
    const step = Math.max(1, Math.ceil(places.length / cases(50, 2000)));
    const chosen = places.filter((_, index) => index % step === 0);
    expect(chosen.length).toBeGreaterThan(cases(12) - 1);
    for (const [index, path] of chosen.entries()) {
      const input = Buffer.from(inputOf(spoiled(value, path, STEERING[index % STEERING.length]!)));
      const folder = mkdtempSync(join(temporary, 'input-'));
      const uses = readerOf(reader).uses(input, folder).filter(({ what }) => !LISTS.test(what));
      const outcome = await uses[index % uses.length]!.run();
      const where = `${path.join('.')}: ${outcome.what}`;
      expect(findFault(outcome), where).toBeUndefined();
      if (!MAY_HAVE_ANY.test(path.join('.'))) expect(outcome.status, where).toBe(2);
      rmSync(folder, { recursive: true });
    }
  }); // prettier-ignore

  it('is not an end of a line or a tab either, but in text that people read', () => {
    const of = (path: Path, added: string) =>
      findProblem(headerForm, spoiled(header as unknown as Json, path, added))?.message;
    for (const path of [['symbols', 0, 'name'], ['scenario'], ['objects', 0, 'name'], ['given', 'comm'], ['title']]) {
      expect(of(path, '\n')).toBe('should have no control or invisible character, found \\n');
      expect(of(path, '\t')).toBe('should have no control or invisible character, found \\t');
    }
    for (const path of [['claim'], ['steps', 0, 'says']]) expect(of(path, '\n\t')).toBeUndefined();
    expect(of(['claim'], '\r')).toBe('should have no control or invisible character, found \\x0d');
  }); // prettier-ignore
});

// --- machines that no file gave ------------------------------------------------------------------------------------

const STEER = STEERING.join('');

// Every text of the header, but for kinds, addresses and facts that decide what is shown.
const steered = (value: Json, name = ''): Json => {
  if (Array.isArray(value)) return value.map((one: Json) => steered(one, name));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([field, one]) => [field, field === 'given' ? one : steered(one, field)]));
  const decides = typeof value !== 'string' || /^0x[0-9a-f]+$/u.test(value) || /^(?:kind|protection|trap|access|struct|cache|taint|release)$/u.test(name);
  return decides ? value : `${value}${STEER}`;
}; // prettier-ignore

const hostile = new Recording(steered(header as unknown as Json) as unknown as Recording['header'], data);

describe('a machine with such names', () => {
  it('completes them with their numbers', () => {
    const session = openSession(hostile);
    for (const line of ['dis ', 'sym shm', 'kmem -s ', 'struct ', 'p init', 'rd ']) {
      const [found] = complete(session, line);
      expect(found.filter((name) => findInvisible(name) !== undefined)).toEqual([]);
    }
    expect(complete(session, 'dis shm_close')[0]).toContain(`shm_close${escapeInLine(STEER)}`);
  });

  it('has screens of letters', () => {
    const screens = runScript(new Stepper(new Scene(hostile)), 't screen F screen Tab screen ? screen', 'x');
    expect(screens.length).toBeGreaterThan(3);
    for (const screen of screens) expect(findInvisibleInText(screen)).toBeUndefined();
  });

  it('has a page whose data shows their numbers', () => {
    const html = pageHtml(pageData(hostile, undefined));
    expect(findInvisibleInText(html)).toBeUndefined();
    const json = /<script type="application\/json" id="data">([^]*?)<\/script>/u.exec(html)![1]!;
    const texts = JSON.stringify(readPageData(json), (name, one: unknown) => {
      expect(findInvisible(name)).toBeUndefined();
      if (typeof one === 'string') expect(findInvisibleInText(one)).toBeUndefined();
      return one;
    });
    expect(texts).toContain(String.raw`shm_close\\u001b]0;owned\\u0007`);
  });

  it('has pictures that are XML, and show their numbers', () => {
    const picture = formatSvg(slabPicture(slabScene(new Case(hostile))));
    expect(findInvisibleInText(picture)).toBeUndefined();
    expect(picture).toContain(escapeXml(STEER));
  });
});

describe('a verdict on code with such a name', () => {
  const checked: CheckedCandidate = {
    name: `fix${STEER}`, expected: null, verdict: 'breaks', complete: true, reason: `why${STEER}`, runs: 1, property: null,
    counterexample: null, world: null, path: null, replay: `oopslab replay ${STEER}`, report: [`line${STEER}`], nowHold: [], coverage: null,
    worlds: { tried: 1, parameters: {}, exhaustive: null, failedAllocations: [] },
  }; // prettier-ignore
  const document = { scenario: `case${STEER}`, seed: 1, runs: 1, candidates: [checked] };

  it('is JUnit that shows its number', () => {
    const xml = junitText(document);
    expect(findInvisibleInText(xml)).toBeUndefined();
    expect(xml).toContain(`fix${escapeXml(STEER)}`);
  });

  it('is a listing that shows its number, and that of its source', () => {
    const source = { file: 'fix.c', text: `int x; /* ${STEER} */\n` };
    const told = { instructions: { run: 1, total: 1 }, neverRan: [], lines: [], oneSided: [] };
    const coverage = { code: { functions: [], allocations: [] }, told };
    const listing = coverageListing([{ name: `fix${STEER}`, worlds: 1, coverage, snippets: [], source }]);
    expect(findInvisibleInText(listing)).toBeUndefined();
    expect(listing).toContain(escapeInLine('\u001b]0;owned\u0007'));
  });
});

// --- texts of others, and what is typed ----------------------------------------------------------------------------

describe('a kernel report with such text', () => {
  it('is read, and shows its numbers', async () => {
    const steer = fc.constantFrom(...STEERING.filter((one) => one !== '\ud800'));
    const places = fc.array(fc.tuple(fc.nat(4000), steer), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(MAKERS)), places, fc.nat(6), async (kind, added, way) => {
        let text = `${invented(kind, 1).lines.join('\n')}\n`;
        for (const [at, one] of added) text = `${text.slice(0, at % text.length)}${one}${text.slice(at % text.length)}`;
        const folder = mkdtempSync(join(temporary, 'report-'));
        const outcome = await readerOf('decode').uses(Buffer.from(text), folder)[way]!.run();
        expect(findFault(outcome)).toBeUndefined();
        expect(outcome.status).not.toBe(2);
      }),
      { numRuns: cases(200, 2000) },
    ); // prettier-ignore
  });
});

describe('what is typed', () => {
  const names = Object.keys(COMMANDS).filter((name) => name !== 'serve');

  it.each(names)('to %s is answered with its numbers', async (name) => {
    const steer = STEERING.filter((one) => one !== '\ud800').join('');
    const wrong = [[steer], [`--${steer}`], ['--library', steer], ['--set', `${steer}=1`], ['shm-close-bug', '--set', `prepath=/${steer}`], ['-c', steer], ['-o', steer, steer], ['--recording', steer], ['--script', steer]];
    for (const args of wrong.slice(0, cases(wrong.length)))
      for (const json of [[], ['--json']]) {
        const what = [name, ...args, ...json].join(' ');
        const outcome = await oopslab([name, ...args, ...json], { cwd: temporary, env: { OOPSLAB_STATE: temporary } });
        expect(findFault({ ...outcome, what: `oopslab ${json.join(' ')}` }), escapeInLine(what)).toBeUndefined();
      }
  }); // prettier-ignore

  it('as the name of a file is said with its numbers', async () => {
    const file = join(temporary, 'a\u001b[2J\u202e\nb.svg');
    const { status, stderr } = await oopslab(['chart', 'slab', '-o', file]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^oopslab: the picture is in \S+\/a\\x1b\[2J\\u202e\\nb\.svg\n$/u);
  });

  it('as a value of a text comes back as --set takes it', async () => {
    const set = ['--set', 'prepath=/\u202e\u200b'];
    const { stdout } = await oopslab(['replay', 'shm-close-bug', ...set, '--json']);
    const { parameters } = JSON.parse(stdout) as { parameters: { prepath: string } };
    expect(parameters.prepath).toBe(String.raw`/\xe2\x80\xae\xe2\x80\x8b`);
    const again = await oopslab(['replay', 'shm-close-bug', '--set', `prepath=${parameters.prepath}`, '--json']);
    expect(again.stdout).toBe(stdout);
  }); // prettier-ignore
});
