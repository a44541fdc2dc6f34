// The page's data of a recording, read as the page reads it, agrees with the recording and the stepper.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findInvisible, findInvisibleInText, visibleJson } from '../../src/base/visible-text.js';
import { slabsOf } from '../../page/model/heap.js';
import { formatLink, readLink } from '../../page/model/link.js';
import { otherState } from '../../page/model/pairing.js';
import { Run } from '../../page/model/run.js';
import { hex } from '../../src/base/address.js';
import { InputError } from '../../src/base/errors.js';
import { lineageOf } from '../../src/lineage/lineage.js';
import { oopsWords } from '../../src/oops/collect.js';
import { RecordedState } from '../../src/recording/state.js';
import { Recording } from '../../src/recording/recording.js';
import { REGISTERS } from '../../src/x86/registers.js';
import { pageData, pageRun } from '../../src/report/collect.js';
import { embedJson } from '../../src/report/template.js';
import type { PageData } from '../../src/report/page-data.js';
import { identifySlabAddress } from '../../src/kernel/slab-identify.js';
import { explainWord, registerMeaning, stackWords } from '../../src/reading/words.js';
import { Scene } from '../../src/reading/scene.js';
import { reportOf } from '../../src/recording/trap.js';
import { recordingOf } from '../helpers/step-recordings.js';

const SCENARIOS = ['shm-close-bug', 'slabinfo-bug'];

// As the page gets it.
const throughJson = (data: PageData): PageData => JSON.parse(JSON.stringify(data)) as PageData;

describe.each(SCENARIOS)('the page of %s', (scenario) => {
  const recording = recordingOf(scenario);
  const scene = new Scene(recording);
  const run = new Run(throughJson(pageData(recording, undefined)).runs[0]!);
  const states = Array.from({ length: recording.instructions + 1 }, (_, state) => state);

  it('has the registers of every state, changed ones marked', () => {
    for (const state of states) {
      const values = recording.registersAt(state);
      const before = recording.registersAt(Math.max(0, state - 1));
      const found = run.registersAt(state).map(({ value, changed }) => ({ value, changed }));
      expect(found).toEqual(
        REGISTERS.map((_, index) => ({
          value: hex(values[index]!),
          changed: values[index] !== before[index],
        })),
      );
    }
  });

  it('says of every register in every state what the stepper says', () => {
    for (const state of states) {
      scene.navigator.goTo(state);
      const found = run.registersAt(state);
      REGISTERS.forEach((name, index) => {
        const meaning = registerMeaning(scene, name);
        expect(found[index]!.meaning, `${name} in state ${state}`).toEqual(meaning);
        const death = scene.names.lastDeath('run', name, state);
        const lost = death === undefined || death.name === meaning.name ? undefined : death.state;
        expect(found[index]!.lost?.at, `${name} in state ${state}`).toBe(lost);
      });
    }
  });

  it('says of every word of the stack in every state what the stepper says', () => {
    for (const state of states) {
      scene.navigator.goTo(state);
      const { start, count } = stackWords(scene);
      const found = run.stackAt(state);
      expect(found).toHaveLength(Math.min(count, 64));
      found.forEach(({ address, value, what }, index) => {
        expect(address).toBe(start + BigInt(index * 8));
        expect(value).toBe(hex(scene.memory.readU64(address)));
        expect(what, `${hex(address)} in state ${state}`).toBe(explainWord(scene, address));
      });
    }
  });

  it('has the memory of every state, forward and back', () => {
    const state = new RecordedState(recording);
    for (const at of [...states, ...states.toReversed()].filter((_, index) => index % 7 === 0)) {
      state.seek(at);
      run.memory.seek(at);
      run.data.regions.forEach(({ start, size }, region) => {
        const bytes = run.memory.read({ region, offset: 0 }, size);
        expect(Buffer.compare(bytes, state.read(BigInt(start), size)), `${start} in state ${at}`).toBe(0);
      });
    }
  });

  it('has every object of a slab page where the heap says that it is', () => {
    const state = new RecordedState(recording).end();
    const slabs = slabsOf(run);
    expect(slabs.length).toBeGreaterThan(1);
    for (const slab of slabs)
      for (const { index, address } of slab.objectsAt(run.end)) {
        const place = identifySlabAddress(state, address);
        expect(place).toMatchObject({ cacheName: slab.data.cache, index, object: address });
      }
  });

  it('has the report, word for word, and states that exist', () => {
    const report = reportOf(recording, { provenance: true })!;
    const words = oopsWords(report);
    const found = run.data.oops!;
    expect(found.words.map(({ provenance, source }) => [provenance, source])).toEqual(
      words.map(({ provenance, source }) => [provenance, source]),
    );
    expect(found.text.split(/\s+/u).filter((word) => word !== '')).toEqual(words.map(({ text }) => text));
    for (const { at } of found.words) if (at !== null) expect(states).toContain(at);
  });

  it('fits in half a megabyte, and is the same every time', () => {
    const text = JSON.stringify(pageRun(recording));
    expect(text.length).toBeLessThan(500_000);
    expect(JSON.stringify(pageRun(recordingOf(scenario)))).toBe(text);
  });
});

describe('a word of the report', () => {
  const { oops } = pageRun(recordingOf('shm-close-bug'));
  const made = (source: string) => oops!.words.find((word) => word.source === source);

  it('that code made is made by the instruction that wrote it last', () => {
    expect(made('stack word ffff880211337d88')?.by).toBe('shm_close+0x3  push %rbx');
    expect(made('register rsi at the trap')?.by).toBe('ipc_lock+0xd  and $0x7fff,%esi');
  });

  it('that nothing in the run made leads nowhere', () => {
    expect(made('register r10 at the trap')).toMatchObject({ provenance: 'carried', at: null, by: '' });
    expect(made('given: module list')).toMatchObject({ at: null });
  });
});

describe('two runs side by side', () => {
  const data = pageData(recordingOf('shm-close-bug'), recordingOf('shm-close-control'));
  const { anchors, firstDifference } = data.comparison!;

  it('go together up to the first difference', () => {
    expect(firstDifference!.step).toBe('mount');
    for (let state = 0; state <= firstDifference!.instruction; state += 1)
      expect(otherState(data.comparison!, data.runs, 0, state)).toBe(state);
  });

  it('meet again where both call the same function', () => {
    const exit = data.runs.map(({ steps }) => steps.find(({ step }) => step === 'exit')!.from);
    expect(otherState(data.comparison!, data.runs, 0, exit[0]!)).toBe(exit[1]);
    expect(otherState(data.comparison!, data.runs, 1, exit[1]!)).toBe(exit[0]);
  });

  it('never go backward, and never leave their run', () => {
    expect(
      anchors.every(
        ([a, b], index) => index === 0 || (a > anchors[index - 1]![0] && b > anchors[index - 1]![1]),
      ),
    ).toBe(true);
    for (const side of [0, 1] as const) {
      let last = 0;
      for (let state = 0; state <= data.runs[side]!.instructions; state += 1) {
        const other = otherState(data.comparison!, data.runs, side, state);
        expect(other).toBeGreaterThanOrEqual(last);
        expect(other).toBeLessThanOrEqual(data.runs[side === 0 ? 1 : 0]!.instructions);
        last = other;
      }
    }
  });
});

// What is not seen, as JSON escapes it: in the page it stands so.
const shownText = (text: string): string =>
  Array.from(text, (one) =>
    findInvisibleInText(one) === undefined ? one : visibleJson(one).slice(1, -1),
  ).join('');

const shown = (value: unknown): unknown => {
  if (typeof value === 'string') return shownText(value);
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [shownText(name), shown(one)]));
};

describe('what goes into HTML and into addresses', () => {
  it('is JSON that cannot end its element, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom('</script>', '<!--', '\u2028', ']]>', '<script>'),
        (value, text) => {
          const embedded = embedJson([value, text]);
          expect(embedded).not.toContain('<');
          expect(findInvisible(embedded)).toBeUndefined();
          expect(JSON.parse(embedded)).toEqual(shown(JSON.parse(JSON.stringify([value, text]))));
        },
      ),
    );
  });

  it('is a link that leads back to where it was made', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            step: fc.nat(999_999_999),
            value: fc
              .string({ minLength: 1, maxLength: 200, unit: 'grapheme' })
              .filter((text) => text.length <= 200),
            nth: fc.nat(99),
            view: fc.constantFrom('heap', 'oops'),
            object: fc.bigInt(0n, (1n << 64n) - 1n).map(hex),
            run: fc.constantFrom(1, 2),
          },
          { requiredKeys: [] },
        ),
        (link) => {
          expect(readLink(formatLink(link))).toEqual(link);
        },
      ),
    );
  });

  it('is read from any text without an error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(Object.values(readLink(text))).not.toContain(undefined);
      }),
    );
    expect(readLink('#step=-1&object=0xzz&run=&value=')).toEqual({});
  });
});

describe('a recording without the accesses that its instructions must have made', () => {
  it('has a page without names, which says what is missing', () => {
    const { header, data } = recordingOf('shm-close-control');
    const recording = new Recording(header, { ...data, accesses: new Uint32Array() });
    const { values, namesProblem } = pageRun(recording);
    expect(values).toEqual([]);
    expect(namesProblem).toMatch(
      /^the recording lacks a (?:read|write) by \w+ at \w+\+0x[0-9a-f]+ \(instruction \d+\)/u,
    );
    expect(() => lineageOf(recording)).toThrow(InputError);
  });
});

describe('a run that is too long', () => {
  it('is refused with its length', () => {
    const recording = recordingOf('shm-close-bug');
    const long = Object.create(recording, { instructions: { value: 200_001 } }) as typeof recording;
    expect(() => pageRun(long)).toThrow(InputError);
    expect(() => pageRun(long)).toThrow('has 200001 instructions; a page takes up to 200000');
  });
});
