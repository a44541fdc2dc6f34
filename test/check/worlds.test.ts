// Generated worlds: what comes within 10,000 of them, what they depend on, and how they become simpler.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Dice, blockSeed } from '../../src/check/find/dice-of.js';
import type { Dictionary } from '../../src/check/world/dictionary.js';
import { worldText } from '../../src/check/world/generated-world.js';
import { NO_WORLDS, WorldCounter, histogramOf, joinCounts } from '../../src/check/world/world-counts.js';
import { parameterArbitrary, textBytes, worldArbitrary } from '../../src/check/world/worlds.js';
import { type Parameters, readParameters, splitOverrides } from '../../src/scenario/parameters.js';
import { loadScenario } from '../../src/scenario/scenario.js';
import { campaignWorlds, settingsOf, valueOf } from '../helpers/campaign-worlds.js';
import { cases } from '../helpers/effort.js';

const arena = loadScenario('mount-arena');

// One parameter of each kind that mount-arena does not have.
const odd = arena.with({
  parameters: {
    ...arena.spec.parameters,
    name: { type: 'text', default: 'xyz', min: 3, max: 61 },
    comment: { type: 'text', default: '', max: 40, null: true },
    title: { type: 'text', default: '', max: 20 },
    flags: { type: 'choice', default: 'off', choices: { off: 0x0, on: 0x4 }, beside: '0xf0000000000000ff' },
    count: { type: 'int32', default: 7 },
    small: { type: 'int32', default: 0, min: 0, max: 9 },
    page: { type: 'contents', default: 'zero' },
    rest: { type: 'contents', default: 'zero', max: 64 },
  },
  steps: {
    ...arena.spec.steps,
    mount: { ...arena.spec.steps['mount']!, call: { ...arena.spec.steps['mount']!.call!, stack: '$rest' } },
  },
});

const WORLDS = 10_000;
// The same as toEqual, and much faster.
const same = (left: Parameters, right: Parameters): boolean =>
  isDeepStrictEqual(new Map(left), new Map(right));
const lengthOf = (world: Parameters, name: string): number => valueOf(world, name, 'text').bytes.length;
const count = (worlds: readonly Parameters[], holds: (world: Parameters) => boolean): number =>
  worlds.filter(holds).length;

describe('10,000 worlds', () => {
  const worlds = campaignWorlds(odd, WORLDS);
  const lengths = (name: string) => new Set(worlds.map((world) => lengthOf(world, name)));
  const range = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const ordered = (set: ReadonlySet<number>) => [...set].toSorted((a, b) => a - b);

  it.each([1, 2, 0x7fff_ffff, -5])('have every length of every text, with seed %d', (seed) => {
    const some = campaignWorlds(arena, WORLDS, seed);
    expect(ordered(new Set(some.map((world) => lengthOf(world, 'prepath'))))).toEqual(range(0, 1023));
    expect(ordered(new Set(some.map((world) => lengthOf(world, 'tree'))))).toEqual(range(1, 99));
  });

  it('have every length also where there are more texts, and other bounds', () => {
    expect(ordered(lengths('prepath'))).toEqual(range(0, 1023));
    expect(ordered(lengths('name'))).toEqual(range(3, 61));
    expect(ordered(lengths('comment'))).toEqual(range(0, 40));
  });

  it('have every length of a text of 4095 bytes', () => {
    const { parameters = {} } = arena.spec;
    const long = arena.with({ parameters: { ...parameters, prepath: { type: 'text', default: '' } } });
    const seen = new Set(campaignWorlds(long, WORLDS).map((world) => lengthOf(world, 'prepath')));
    expect(seen.size).toBe(4096);
  });

  it('have a third of the lengths within the first 3,000, spread over the range', () => {
    const seen = new Set(campaignWorlds(arena, 3000).map((world) => lengthOf(world, 'prepath')));
    for (let from = 0; from < 1000; from += 20)
      expect(
        range(from, from + 19).some((length) => seen.has(length)),
        `from ${from}`,
      ).toBe(true);
  });

  it.each(['tree', 'prepath', 'name', 'comment'])(
    'have the bounds of %s and their neighbours often',
    (name) => {
      const { min = 0, max = 0 } = odd.spec.parameters![name]!;
      for (const length of [min, min + 1, max - 1, max])
        expect(
          count(worlds, (world) => lengthOf(world, name) === length),
          `${length}`,
        ).toBeGreaterThan(10);
    },
  );

  it('have each edge of the sum of the texts, and of each text alone', () => {
    const some = campaignWorlds(arena, WORLDS);
    for (const sum of [1122, 1121, 1120])
      expect(
        count(some, (world) => lengthOf(world, 'tree') + lengthOf(world, 'prepath') === sum),
      ).toBeGreaterThan(0);
    for (const size of [32, 64, 96, 128, 192, 256, 512, 1024])
      for (const sum of [size - 2, size - 1, size, size + 1, size + 2]) {
        const together = count(some, (world) => lengthOf(world, 'tree') + lengthOf(world, 'prepath') === sum);
        expect(together, `together ${sum}`).toBeGreaterThan(1);
        if (sum > 1023) continue;
        expect(
          count(some, (world) => lengthOf(world, 'prepath') === sum),
          `alone ${sum}`,
        ).toBeGreaterThan(1);
      }
  });

  it('have few long texts: a run takes time for each byte', () => {
    const bytes = (from: number, to: number) =>
      campaignWorlds(arena, to)
        .slice(from)
        .reduce((sum, world) => sum + lengthOf(world, 'tree') + lengthOf(world, 'prepath'), 0) /
      (to - from);
    expect(bytes(0, WORLDS)).toBeLessThan(120);
    expect(bytes(WORLDS, 2 * WORLDS)).toBeLessThan(65);
  });

  it('have "" apart from NULL where a text can be NULL, and no NULL elsewhere', () => {
    const empty = (name: string) =>
      worlds.map((world) => valueOf(world, name, 'text')).filter(({ bytes }) => bytes.length === 0);
    const [nulls, texts] = [true, undefined].map(
      (isNull) => empty('comment').filter((value) => value.isNull === isNull).length,
    );
    expect(nulls).toBeGreaterThan(100);
    expect(texts).toBeGreaterThan(100);
    expect(empty('title').length).toBeGreaterThan(100);
    expect(empty('title').some(({ isNull }) => isNull === true)).toBe(false);
  });

  it('have no bits besides a choice in half of the worlds, otherwise one, several or all', () => {
    const beside = worlds.map((world) => valueOf(world, 'flags', 'choice').beside ?? 0n);
    const sizes = beside.map((bits) => bits.toString(2).replaceAll('0', '').length);
    const none = sizes.filter((size) => size === 0).length;
    expect(Math.abs(none - WORLDS / 2)).toBeLessThan(WORLDS / 20);
    expect(sizes.filter((size) => size > 1 && size < 11).length).toBeGreaterThan(500);
    expect(sizes.filter((size) => size === 11).length).toBeGreaterThan(300); // of 12, one is that of the choice
    for (const bit of [0x1n, 0x2n, 0x8n, 0x80n, 1n << 60n, 1n << 63n])
      expect(beside.filter((bits) => bits === bit).length, `${bit}`).toBeGreaterThan(100);
    expect(beside.every((bits) => (bits & 0x4n) === 0n)).toBe(true);
  });

  it('have edges and the whole range of an int32', () => {
    const values = worlds.map((world) => valueOf(world, 'count', 'int32').value);
    const seen = new Set(values);
    for (const value of [-(2 ** 31), 1 - 2 ** 31, 2 ** 31 - 1, 2 ** 31 - 2, 0, -1, 1, 255, 256, 257, -128, 65536])
      expect(seen, `${value}`).toContain(value);
    for (const [from, to] of [[-(2 ** 31), -(2 ** 30)], [-(2 ** 30), 0], [0, 2 ** 30], [2 ** 30, 2 ** 31]] as const)
      expect(values.filter((value) => value > from + 99 && value < to - 99).length).toBeGreaterThan(200);
    const small = new Set(worlds.map((world) => valueOf(world, 'small', 'int32').value));
    expect(ordered(small)).toEqual(range(0, 9));
  }); // prettier-ignore

  it('have memory in most worlds, and never none in a sweep', () => {
    const failing = count(worlds, (world) => valueOf(world, 'fail', 'int32').value !== 0);
    expect(failing).toBeGreaterThan(WORLDS / 8);
    expect(failing).toBeLessThan(WORLDS / 3);
    for (const failed of [1, 2, 3])
      expect(count(worlds, (world) => valueOf(world, 'fail', 'int32').value === failed)).toBeGreaterThan(50);
  });

  it('have every byte but NUL in texts, separators at both ends and doubled, and UTF-8', () => {
    const texts = worlds.map((world) => Buffer.from(valueOf(world, 'tree', 'text').bytes));
    expect(ordered(new Set(texts.flatMap((text) => [...text])))).toEqual(range(1, 255));
    const shapes = {
      leading: /^[/\\]/u, trailing: /[/\\]$/u, doubled: /\/\/|\\\\/u, 'doubled at the end': /[^/\\](?:\/\/|\\\\)$/u,
      'one kind of byte': /^(.)\1{3,}$/u, 'an odd byte in a run': /^(a*)([^a])(a+)$/u,
    }; // prettier-ignore
    for (const [what, shape] of Object.entries(shapes))
      expect(texts.filter((text) => shape.test(text.toString('latin1'))).length, what).toBeGreaterThan(100);
    expect(texts.filter((text) => /é|€|😀/u.test(text.toString())).length).toBeGreaterThan(100);
    expect(texts.filter((text) => /\ufffd/u.test(text.toString())).length).toBeGreaterThan(100);
    // The same odd byte at every place of a text of 12 bytes.
    const places = texts.flatMap((text) => (text.length === 12 ? [/^a*([/\\])(?=a*$)/u.exec(text.toString('latin1'))] : []));
    expect(ordered(new Set(places.flatMap((found) => (found === null ? [] : [found[0].length - 1]))))).toEqual(range(0, 11));
  }); // prettier-ignore

  it('have zeroes, what the steps leave, pointers, any bytes and all different ones in objects', () => {
    const values = worlds.map((world) => valueOf(world, 'previous', 'contents'));
    for (const text of ['zero', 'shm_file_data'])
      expect(values.filter((value) => value.text === text).length).toBeGreaterThan(500);
    const different = values.filter(({ fill }) => fill?.length === 64 && new Set(fill).size === 64);
    expect(different.length).toBeGreaterThan(300);
    expect(values.some(({ text }) => text.endsWith('ffffffff'))).toBe(true);
    expect(values.some(({ text }) => text.endsWith('0088ffff'))).toBe(true);
    expect(worlds.every((world) => (valueOf(world, 'page', 'contents').fill?.length ?? 0) % 31 === 1)).toBe(
      true,
    ); // 1 or 32
  });

  it('seldom have zeroes where nobody wrote', () => {
    const zero = count(worlds, (world) => valueOf(world, 'rest', 'contents').text === 'zero');
    expect(zero).toBeGreaterThan(100);
    expect(zero).toBeLessThan(WORLDS / 20);
  });

  it('are all allowed, and their text form reads back as the same', () => {
    for (const world of worlds.slice(0, cases(4000)))
      expect(same(readParameters(odd, settingsOf(world)), world), worldText(world)).toBe(true);
  });
});

describe('constants of the code', () => {
  const dictionary: Dictionary = {
    lengths: [77, 300, 701],
    bytes: [0x07, 0xe9],
    compared: [0x07],
    words: [Uint8Array.from(Buffer.from('admin'))],
    numbers: [-123_456, 54_321],
    bits: [0x30n, 0x4n],
  };
  const worlds = campaignWorlds(odd, WORLDS, 1, { dictionary });

  it('become words at the beginning, at the end and inside of texts', () => {
    const texts = worlds.flatMap((world) => {
      const value = world.get('plain') ?? [...world.values()].find(({ type }) => type === 'text');
      return value?.type === 'text' ? [Buffer.from(value.bytes).toString('latin1')] : [];
    });
    expect(texts.some((text) => text.startsWith('admin') && text.length > 5)).toBe(true);
    expect(texts.some((text) => text.endsWith('admin') && text.length > 5)).toBe(true);
    expect(texts.some((text) => /.admin./su.test(text))).toBe(true);
  });

  it('become lengths of texts and of their sum, with their neighbours', () => {
    const sum = (world: Parameters) =>
      ['tree', 'prepath', 'name', 'comment', 'title'].reduce((all, name) => all + lengthOf(world, name), 0);
    for (const length of [75, 76, 77, 78, 79, 298, 300, 302, 701]) {
      expect(
        count(worlds, (world) => lengthOf(world, 'prepath') === length),
        `${length}`,
      ).toBeGreaterThan(1);
      expect(
        count(worlds, (world) => sum(world) === length),
        `sum ${length}`,
      ).toBeGreaterThan(1);
    }
  });

  it('become bytes of texts and contents, numbers, and bits', () => {
    const plain = campaignWorlds(odd, WORLDS);
    const sevens = (some: readonly Parameters[]) =>
      count(some, (world) => valueOf(world, 'tree', 'text').bytes.includes(7));
    expect(sevens(worlds)).toBeGreaterThan(2 * sevens(plain));
    for (const number of [-123_457, -123_456, 54_321, 54_322])
      expect(count(worlds, (world) => valueOf(world, 'count', 'int32').value === number)).toBeGreaterThan(
        100,
      );
    expect(count(worlds, (world) => valueOf(world, 'flags', 'choice').beside === 0x30n)).toBeGreaterThan(300);
  });
});

describe('a world', () => {
  afterEach(() => fc.configureGlobal({ seed: 20110831 })); // as test/setup-seed.ts has it

  it('depends on seed, block and index alone', () => {
    const arbitrary = worldArbitrary(odd);
    const at = (seed: number, block: number, index: number) =>
      arbitrary.at({ seed, block, index }, new Dice(blockSeed(seed, block)).at(index));
    const before = [at(1, 0, 5), at(1, 12, 999), at(-7, 3, 0)];
    fc.configureGlobal({ seed: 4, randomType: 'mersenne', baseSize: 'xlarge', numRuns: 3 });
    expect([at(1, 0, 5), at(1, 12, 999), at(-7, 3, 0)]).toEqual(before);
    const dice = new Dice(blockSeed(1, 0));
    const backwards = [7, 5, 6].map((index) => arbitrary.at({ seed: 1, block: 0, index }, dice.at(index)));
    expect(backwards).toEqual([at(1, 0, 7), before[0], at(1, 0, 6)]);
    expect(new Set([...before, at(2, 0, 5), at(1, 1, 5)].map(worldText)).size).toBe(5);
  });

  it('is one line in reports of fast-check, which --set takes', () => {
    const [world] = fc.sample(worldArbitrary(odd), { numRuns: 1, seed: 8 });
    const shown = fc.stringify(world);
    expect(shown).toBe(worldText(world!));
    expect(shown).toMatch(/^'?tree=.* dfs=.* rest=[0-9a-z]+$/u);
    const details = fc.check(
      fc.property(worldArbitrary(arena), (one) => lengthOf(one, 'tree') < 1),
      { seed: 1 },
    );
    expect(fc.defaultReportMessage(details)).toContain(
      "[tree=a dfs=no prepath= 'delimiter=\\' position=first behind=allocated previous=zero neighbour=zero fail=0 stack=zero]",
    );
  });

  it('reads back from that line, whatever it has', () => {
    for (const world of campaignWorlds(odd, cases(500), 3)) {
      const words = [...worldText(world).matchAll(/'(?:[^']|'\\'')*'|[^ ]+/gu)].map(([word]) =>
        word.startsWith("'") ? word.slice(1, -1).replaceAll("'\\''", "'") : word,
      );
      expect(readParameters(odd, splitOverrides(words))).toEqual(world);
    }
  });
});

describe('a simpler world', () => {
  const arbitrary = worldArbitrary(odd);

  it('is one that the scenario takes, and differs in one parameter', () => {
    for (const world of campaignWorlds(odd, cases(20), 11)) {
      const before = settingsOf(world);
      expect(arbitrary.canShrinkWithoutContext(world)).toBe(true);
      for (const { value } of arbitrary.shrink(world).take(150)) {
        expect(same(readParameters(odd, settingsOf(value)), value), worldText(value)).toBe(true);
        const changed = [...settingsOf(value)].filter(([name, text]) => before.get(name) !== text);
        expect(changed).toHaveLength(1);
      }
    }
  }, 60_000); // prettier-ignore

  it('comes to an end, whichever is taken each time, with values that a person can read', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.infiniteStream(fc.nat(6)), (index, choose) => {
        let world = arbitrary.at({ seed: 1, block: 0, index }, new Dice(index).at(0));
        for (let depth = 0; ; depth += 1) {
          expect(depth).toBeLessThan(3000);
          const simpler = [...arbitrary.shrink(world).take(7)];
          if (simpler.length === 0) break;
          world = simpler[choose.next().value! % simpler.length]!.value;
        }
        expect(worldText(world)).toBe(
          "tree=a dfs=no prepath= 'delimiter=\\' position=first behind=allocated previous=zero neighbour=zero fail=0 " +
            'stack=zero name=aaa comment= title= flags=off count=7 small=0 page=zero rest=zero',
        );
      }),
      { numRuns: cases(100) },
    );
  }, 60_000);

  it('keeps a length, a byte or bits that matter, and nothing else', () => {
    const least = (breaks: (world: Parameters) => boolean): string => {
      const details = fc.check(
        fc.property(arbitrary, (world) => !breaks(world)),
        { seed: 5, numRuns: 20_000 },
      );
      const [world] = details.counterexample ?? [];
      return [...settingsOf(world!)].map((pair) => pair.join('=')).join(' ');
    };
    const rest = 'stack=zero name=aaa comment= title= flags=off count=7 small=0 page=zero rest=zero';
    const start = 'dfs=no prepath= delimiter=\\ position=first behind=allocated previous=zero neighbour=zero fail=0';
    expect(least((world) => lengthOf(world, 'tree') > 76)).toBe(`tree=${'a'.repeat(77)} ${start} ${rest}`);
    expect(least((world) => valueOf(world, 'tree', 'text').bytes.some((byte) => byte > 0x7f))).toBe(
      `tree=\\x80 ${start} ${rest}`,
    );
    expect(least((world) => Buffer.from(valueOf(world, 'tree', 'text').bytes).includes('\\\\/'))).toBe(
      `tree=\\\\\\\\/ ${start} ${rest}`,
    );
    expect(least((world) => (valueOf(world, 'flags', 'choice').value & 0x21n) === 0x21n)).toContain('flags=off+0x21 ');
    expect(least((world) => valueOf(world, 'count', 'int32').value > 1000)).toContain(' count=1001 ');
    expect(least((world) => valueOf(world, 'previous', 'contents').fill?.[1] === 0x2f)).toContain('previous=412f ');
  }, 60_000); // prettier-ignore
});

describe('values of one parameter', () => {
  it('are those that its specification allows', () => {
    for (const [name, spec] of Object.entries(odd.spec.parameters ?? {}))
      for (const value of fc.sample(parameterArbitrary(spec), { numRuns: 300, seed: 2 }))
        expect(readParameters(odd, settingsOf(new Map([[name, value]]))).get(name)).toEqual(value);
  });

  it('are bytes without a NUL for a text, which begin with its lead', () => {
    fc.assert(
      fc.property(textBytes({ type: 'text', default: '', min: 2, max: 9, lead: ':' }), (bytes) => {
        expect(bytes.length).toBeGreaterThanOrEqual(2);
        expect(bytes.length).toBeLessThanOrEqual(9);
        expect(bytes[0]).toBe(0x3a);
        expect(bytes).not.toContain(0);
      }),
    );
  });
});

describe('counts of worlds', () => {
  const countsOf = (worlds: readonly Parameters[]) => {
    const counter = new WorldCounter();
    for (const world of worlds) counter.add(world);
    return counter.counts;
  };
  const worlds = campaignWorlds(odd, 3000);

  it('are the same however the worlds are shared out, and survive a structured clone and JSON', () => {
    const whole = countsOf(worlds);
    const parts = [worlds.slice(2000), worlds.slice(0, 700), worlds.slice(700, 2000)].map(countsOf);
    const joined = parts.reduce(joinCounts, NO_WORLDS);
    expect(JSON.stringify(joined)).toEqual(JSON.stringify(whole));
    expect(structuredClone(whole)).toEqual(whole);
    expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
  });

  it('add up to the worlds, for every parameter', () => {
    const { worlds: count, parameters } = countsOf(worlds);
    expect(count).toBe(3000);
    expect(Object.keys(parameters)).toEqual(Object.keys(odd.spec.parameters!));
    for (const [name, counts] of Object.entries(parameters)) {
      const whole = Object.entries(counts).filter(([what]) => !what.endsWith('+'));
      expect(whole.reduce((sum, [, times]) => sum + times, 0), name).toBe(3000);
    }
    const on = worlds.map((world) => valueOf(world, 'flags', 'choice')).filter(({ key }) => key === 'on');
    expect(parameters['flags']).toMatchObject({ on: on.length, 'on+': on.filter(({ beside }) => beside !== undefined).length });
  }); // prettier-ignore

  it('are bounded: numbers that are not small are counted by class', () => {
    const { parameters } = countsOf(campaignWorlds(odd, WORLDS));
    const rows = Object.keys(parameters['count']!);
    expect(rows.length).toBeLessThanOrEqual(33 + 2 * 28);
    expect(rows).toEqual(expect.arrayContaining(['-16', '0', '16', '17..31', '32..63', '-31..-17', '1073741824..2147483647', '-2147483648']));
  }); // prettier-ignore

  it('become a histogram: lengths by powers of two with how many of them came, numbers in order', () => {
    expect(histogramOf({ '5': 2, '4': 1, '0': 7, '1023': 1, NULL: 3, '2': 1 }, true)).toEqual([
      { what: 'NULL', worlds: 3 },
      { what: '0', worlds: 7, lengths: 1 },
      { what: '2..3', worlds: 1, lengths: 1 },
      { what: '4..7', worlds: 3, lengths: 2 },
      { what: '512..1023', worlds: 1, lengths: 1 },
    ]);
    expect(histogramOf({ '3': 2, '-1': 1, '17..31': 4, '0': 7 }, false).map(({ what }) => what)).toEqual([
      '-1',
      '0',
      '3',
      '17..31',
    ]);
  });
});
