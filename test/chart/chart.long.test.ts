// `oopslab chart`: the pictures, and what is in them against what they are of.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { formatLengths, sweepPicture } from '../../src/chart/sweep-picture.js';
import { lineagePicture } from '../../src/chart/lineage-picture.js';
import { slabPicture } from '../../src/chart/slab-picture.js';
import { slabScene } from '../../src/chart/slab-scene.js';
import { Case } from '../../src/reading/case.js';
import { type Svg, formatSvg, svg } from '../../src/chart/svg.js';
import { escapeInvisible } from '../../src/base/visible-text.js';
import { escapeXml } from '../../src/base/xml.js';
import { sweep } from '../../src/chart/sweep.js';
import { lineageOf } from '../../src/lineage/lineage.js';
import { locateOutOfBounds } from '../../src/reading/out-of-bounds.js';
import { Recording } from '../../src/recording/recording.js';
import { replay } from '../../src/run/replay.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { cases } from '../helpers/effort.js';
import { oopslab } from '../helpers/oopslab.js';

const folder = mkdtempSync(join(tmpdir(), 'oopslab-chart-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) => oopslab(['chart', ...args], { cwd: folder });

const rendering = (name: string) => fileURLToPath(new URL(`../renderings/${name}.svg`, import.meta.url));

/** What is wrong with a document as XML; a reader of what the pictures use: elements, attributes, text. */
const findXmlProblem = (text: string): string | undefined => {
  const open: string[] = [];
  let at = 0;
  const token =
    /<\/([a-zA-Z]+)>|<([a-zA-Z]+)((?: [a-zA-Z-]+="(?:[^<>&"]|&(?:amp|lt|gt|quot|#39);)*")*)(\/?)>|((?:[^<>&]|&(?:amp|lt|gt|quot|#39);)+)/uy;
  while (at < text.length) {
    token.lastIndex = at;
    const [whole, closing, opening, attributes = '', empty] = token.exec(text) ?? [];
    if (whole === undefined) return `at ${at}: ${text.slice(at, at + 60)}`;
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/u.test(whole))
      return `forbidden character in ${whole}`;
    const names = [...attributes.matchAll(/ ([a-zA-Z-]+)=/gu)].map(([, name]) => name);
    if (new Set(names).size !== names.length) return `twice the same attribute: ${whole}`;
    if (closing !== undefined && open.pop() !== closing) return `${closing} closes another element`;
    if (opening !== undefined && empty === '') open.push(opening);
    if (opening === undefined && closing === undefined && open.length === 0 && whole.trim() !== '')
      return `text outside: ${whole}`;
    at += whole.length;
  }
  return open.length === 0 ? undefined : `${open.join(', ')} stay open`;
};

const elements = (node: Svg): Svg[] => [
  node,
  ...node.children.flatMap((child) => (typeof child === 'string' ? [] : elements(child))),
];
const texts = (root: Svg, name = 'text'): string[] =>
  elements(root)
    .filter((one) => one.name === name)
    .map(({ children }) => children.join(''));

const bug = replay(loadScenario('shm-close-bug'));
const control = replay(loadScenario('shm-close-control'));
const lastCall = (recording: Recording) => recording.header.steps.filter(({ call }) => call !== null).at(-1)!;
const drawLineage = (recording: Recording, view: 'run' | 'analyst' = 'run'): Svg => {
  const { from, to } = lastCall(recording);
  const lineage = lineageOf(recording, { view });
  return lineagePicture(lineage, lineage.valuesBetween(from, to), { from, to, range: 'exit', view });
};

describe('oopslab chart', () => {
  // Our own renderings, not evidence: they may be written anew.
  it.each([
    ['chart-lineage', ['lineage']],
    ['chart-lineage-analyst', ['lineage', '--analyst', '--value', 'vma', '--value', 'sfd']],
    ['chart-slab', ['slab']],
    ['chart-slab-second-victim', ['slab', 'slabinfo-bug']],
    ['chart-sweep', ['sweep']],
  ] as const)('prints %s', async (name, args) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(findXmlProblem(stdout)).toBeUndefined();
    await expect(stdout).toMatchFileSnapshot(rendering(name));
  });

  it('-o writes the file that stdout would have been, and nothing beside it', async () => {
    const { status, stdout, stderr } = await run('slab', '-o', 'slab.svg');
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '',
      stderr: 'oopslab: the picture is in slab.svg\n',
    });
    expect(readFileSync(join(folder, 'slab.svg'), 'utf8')).toBe((await run('slab')).stdout);
    expect(readdirSync(folder)).toEqual(['slab.svg']);
  });

  it('reads a recording', async () => {
    await oopslab(['replay', '--record', 'crash.rec'], { cwd: folder });
    for (const picture of ['lineage', 'slab'])
      expect((await run(picture, '--recording', 'crash.rec')).stdout).toBe((await run(picture)).stdout);
  });

  it.each([
    [['pie'], 'picture: should be one of lineage, slab, sweep, found "pie"'],
    [['slab', '--lengths', '1-3'], '--lengths: is for chart sweep, not for chart slab'],
    [['sweep', '--value', 'vma'], '--value: is for chart lineage, not for chart sweep'],
    [['sweep', '--recording', 'x'], '--recording: chart sweep runs the scenario; a recording is one run'],
    [
      ['sweep', '--lengths', '9-3'],
      '--lengths: should be a range of at most 64 lengths from 1 to 1122 bytes',
    ],
    [['sweep', '--lengths', '1-65'], '--lengths: should be a range of at most 64 lengths'],
    [['sweep', '--set', 'previous=zero'], 'previous: is what the sweep varies'],
    [['sweep', '--previous', 'soup'], 'previous: should be shm_file_data, zero, or 64 hexadecimal digits'],
    [['lineage', '--value', 'nothing'], '--value: there is no value nothing here; there are'],
    [['lineage', '--step', 'attach A'], '--step: step attach A runs no code'],
    [['lineage', '-o', ''], '--output: needs the name of a file'],
    [['slab', '-o', 'missing/slab.svg'], 'missing/slab.svg: cannot be written'],
  ] as const)('%j is bad input, and leaves no file', async (args, message) => {
    const before = readdirSync(folder);
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^oopslab: [^\n]+\n$/u);
    expect(stderr).toContain(message);
    expect(readdirSync(folder)).toEqual(before);
    expect(existsSync(join(folder, 'missing'))).toBe(false);
  });
});

describe('a picture', () => {
  const pictures: readonly (readonly [string, Svg])[] = [
    ['lineage', drawLineage(bug)],
    ['lineage of an analyst', drawLineage(bug, 'analyst')],
    ['lineage of the control', drawLineage(control)],
    ['slab', slabPicture(slabScene(new Case(bug)))],
    ['slab of the control', slabPicture(slabScene(new Case(control)))],
    [
      'sweep',
      sweepPicture(
        sweep(loadScenario('slabinfo-bug'), {
          lengths: [31, 32, 59, 64],
          previous: ['tcon_link', 'zero', 'ff'.repeat(32)],
        }),
      ),
    ],
  ];

  it.each(pictures)(
    '%s: is as wide as a slide, has a name and a description, and only elements that show',
    (_, root) => {
      expect(root.attributes).toMatchObject({
        width: 1600,
        role: 'img',
        'aria-labelledby': 'title description',
        viewBox: `0 0 1600 ${Math.ceil(Number(root.attributes['height']))}`,
      });
      expect(root.children.slice(0, 2)).toMatchObject([
        { name: 'title', attributes: { id: 'title' } },
        { name: 'desc', attributes: { id: 'description' } },
      ]);
      const known = ['circle', 'defs', 'desc', 'g', 'path', 'pattern', 'rect', 'svg', 'text', 'title'];
      expect(elements(root).filter(({ name }) => !known.includes(name))).toEqual([]);
      const attributes = elements(root).flatMap((one) => Object.entries(one.attributes));
      expect(attributes.filter(([name]) => /^on|href|style|class/u.test(name))).toEqual([]);
      // Paints are of the picture itself: nothing is fetched.
      for (const [, value] of attributes) {
        const id = /^url\((.*)\)$/u.exec(String(value))?.[1];
        if (id !== undefined) expect(elements(root).map((one) => `#${one.attributes['id']}`)).toContain(id);
      }
      expect(findXmlProblem(formatSvg(root))).toBeUndefined();
    },
  );

  it.each(pictures)('%s: has text of a contrast of 4.5 on what is drawn under it', (_, root) => {
    // sRGB, as https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio defines it
    const luminance = (colour: string): number => {
      const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
      const [red, green, blue] = parts.map((part) =>
        part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
    };
    const contrast = (a: string, b: string): number => {
      const [dark, light] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
      return (light! + 0.05) / (dark! + 0.05);
    };
    const all = elements(root);
    const patterns = new Map(
      all
        .filter(({ name }) => name === 'pattern')
        .map(({ attributes, children }) => [
          `url(#${attributes['id']})`,
          String((children[0] as Svg).attributes['fill']),
        ]),
    );
    const inPattern = new Set(all.filter(({ name }) => name === 'pattern').flatMap(elements));
    const painted = all.filter((one) => !inPattern.has(one));
    painted.forEach(({ name, attributes }, index) => {
      if (name !== 'text') return;
      const [x, y, size] = [attributes['x'], attributes['y'], attributes['font-size']].map(Number) as [
        number,
        number,
        number,
      ];
      const point = { x: attributes['text-anchor'] === 'end' ? x - 2 : x + 1, y: y - size * 0.3 };
      const under = painted.slice(0, index).findLast(({ name: shape, attributes: box }) => {
        if (shape === 'circle')
          return Math.hypot(Number(box['cx']) - point.x, Number(box['cy']) - point.y) < Number(box['r']);
        const [left, top] = [Number(box['x'] ?? 0), Number(box['y'] ?? 0)];
        return (
          shape === 'rect' &&
          point.x >= left &&
          point.x <= left + Number(box['width']) &&
          point.y >= top &&
          point.y <= top + Number(box['height'])
        );
      });
      const fill = String(under?.attributes['fill']);
      const ratio = contrast(String(attributes['fill']), patterns.get(fill) ?? fill);
      expect(ratio, `${String(attributes['fill'])} on ${fill}`).toBeGreaterThanOrEqual(4.5);
    });
  });
});

describe('the text of a picture', () => {
  it('comes out as it went in, and is never markup', () => {
    const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const escaped = escapeXml(text);
        expect(escaped).not.toMatch(/[<>"']/u);
        const back = escaped.replaceAll(/&([a-z0-9#]+);/gu, (_, name: string) => entities[name]!);
        const shown = escapeInvisible(text);
        expect(back).toBe(shown);
        const document = formatSvg(
          svg('svg', { 'aria-label': text }, svg('text', {}, text), svg('title', {}, text)),
        );
        expect(findXmlProblem(document)).toBeUndefined();
      }),
      { numRuns: cases(2000) },
    );
  });

  // A recording may be a file written by hand: its names are arbitrary.
  it('of a recording with hostile names is text', () => {
    const evil = '</text><script>alert(1)</script>"\'&\u0000\u001b]0;x\u0007';
    const rename = <One extends { readonly name: string | null }>(one: One): One =>
      one.name === null ? one : { ...one, name: `${one.name}${evil}` };
    const { header, data } = bug;
    const hostile = new Recording(
      {
        ...header,
        scenario: `${header.scenario}${evil}`,
        world: header.world.map(rename),
        objects: header.objects.map(rename),
        events: header.events.map((event) => (event.kind === 'allocate' ? rename(event) : event)),
        symbols: header.symbols.map((symbol) =>
          symbol.kind === 'data' ? rename(symbol) : { ...symbol, name: `${symbol.name}<b>` },
        ),
        steps: header.steps.map((step) => ({
          ...step,
          step: `${step.step}${evil}`,
          call: step.call && evil,
        })),
      },
      data,
    );
    for (const root of [drawLineage(hostile), slabPicture(slabScene(new Case(hostile)))]) {
      const document = formatSvg(root);
      expect(findXmlProblem(document)).toBeUndefined();
      expect(document).not.toContain('<script');
      expect(document).toContain('&lt;script&gt;');
    }
  });
});

describe('the lineage chart', () => {
  it('has each value by name, and each instruction that ended a place once, in the order of time', () => {
    const { from, to } = lastCall(bug);
    const lineage = lineageOf(bug);
    const values = lineage.valuesBetween(from, to);
    const root = lineagePicture(lineage, values, { from, to, range: 'exit', view: 'as it ran' });
    const shown = texts(root);
    for (const { name } of values)
      expect(
        shown.some((text) => text.includes(name)),
        name,
      ).toBe(true);
    const ends = values
      .flatMap(({ places }) => places.flatMap(({ until }) => until ?? []))
      .filter(({ step }) => step >= from && step < to)
      .toSorted((a, b) => a.step - b.step)
      .map(({ at, by }) => `${at}  ${by}`);
    const killers = [...new Set(ends)];
    expect(killers.length).toBeGreaterThan(10);
    expect(shown.filter((text) => killers.includes(text))).toEqual(killers);
  });
});

describe('the slab picture', () => {
  it('tells of the byte that was written out of bounds, and shows it before and after', () => {
    const scene = slabScene(new Case(bug));
    const [write] = locateOutOfBounds(bug).filter(({ access }) => access === 'write');
    const changed = scene.strip.filter(({ part, before, after }) => part === 'other' && before !== after);
    expect(changed).toMatchObject([
      {
        address: BigInt(write!.address),
        before: Number(write!.old),
        after: Number(write!.new),
        field: 'id',
      },
    ]);
    expect(scene.writes[0]!.field).toEqual({
      name: 'shm_file_data.id',
      before: '13008943 (0xc6802f)',
      after: '13008988 (0xc6805c)',
    });
    expect(texts(slabPicture(scene)).some((text) => text.includes('13008988'))).toBe(true);
  });

  it.each([
    ['shm-close-control', control],
    ['a zeroed slot', replay(loadScenario('shm-close-bug'), { set: new Map([['previous', 'zero']]) })],
  ] as const)('of %s says that nothing is written outside', (_, recording) => {
    const scene = slabScene(new Case(recording));
    expect(scene.strip.filter(({ part, before, after }) => part === 'other' && before !== after)).toEqual([]);
    expect(texts(slabPicture(scene))).toContain('Nothing is written outside it.');
  });

  it('has a box for each object of the page, twice', () => {
    const scene = slabScene(new Case(bug));
    const boxes = texts(slabPicture(scene), 'title').filter((text) => text.startsWith('0x'));
    expect(scene.before.objects).toHaveLength(112);
    expect(boxes).toHaveLength(224);
    const owners = (moment: 'before' | 'after') =>
      scene[moment].objects.flatMap(({ owner, state }) => (state === 'allocated' ? (owner ?? []) : []));
    expect(owners('before')).toEqual(owners('after'));
    expect(owners('after')).toEqual(expect.arrayContaining(['path', 'sfd']));
  });
});

describe('lengths in words', () => {
  it.each([
    [[], 'none'],
    [[8], '8'],
    [[8, 9, 10], '8 to 10'],
    [[1, 3, 4, 9], '1, 3 to 4, 9'],
  ] as const)('%j are %s', (lengths, text) => {
    expect(formatLengths(lengths)).toBe(text);
  });
});
