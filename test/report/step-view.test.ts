// What the page shows of one step besides values: what the instruction touches, what is damaged, which pointers are
// stale, where jump marks lead, and which place a word of the report is.
import { describe, expect, it } from 'vitest';
import { DamageNow } from '../../page/model/damage.js';
import { overrunOf, slabsOf } from '../../page/model/heap.js';
import { lineAsked, timesOf } from '../../page/model/lines.js';
import { askedOfWord, bitsOfWord, reportText } from '../../page/model/oops-words.js';
import { objectInQuestion } from '../../page/model/question.js';
import { Run, hex } from '../../page/model/run.js';
import { StalePointers } from '../../page/model/stale.js';
import { Touches, touchOfBytes, touchOfRegister } from '../../page/model/touched.js';
import { pageRun } from '../../src/report/collect.js';
import { Case } from '../../src/reading/case.js';
import { WhyCase } from '../../src/why/why.js';
import { recordingOf } from '../helpers/step-recordings.js';

const SFD = 0xffff8803f382cc60n;
const PATH = 0xffff8803f382cc40n;
const GUILTY = 746;
const TRAP = 838;

const bug = recordingOf('shm-close-bug');
const run = new Run(pageRun(bug));

describe('what the next instruction touches', () => {
  const touches = new Touches(run);

  it('is what the recording says that it accessed, in shown memory', () => {
    const accesses = Array.from({ length: bug.accessCount }, (_, index) => bug.access(index)).filter(
      ({ host, address }) => !host && run.memory.find(address) !== undefined,
    );
    for (let state = 0; state < run.end; state += 1) {
      const { reads, writes } = touches.at(state);
      const told = [
        ...reads.map((one) => ({ ...one, kind: 'read' })),
        ...writes.map((one) => ({ ...one, kind: 'write' })),
      ];
      const done = accesses.filter(({ instruction }) => instruction === state);
      expect(new Set(told.map((one) => JSON.stringify(one, text))), `${state}`).toEqual(
        new Set(
          done.map((one) => JSON.stringify({ address: one.address, size: one.size, kind: one.kind }, text)),
        ),
      );
    }
  });

  it('marks the registers of its operands and the byte that it writes', () => {
    const touched = touches.at(GUILTY); // mov %sil,(%rdi)
    expect(touchOfRegister(touched, 'rdi')).toBe('reads');
    expect(touchOfRegister(touched, 'rbx')).toBeUndefined();
    expect(touchOfBytes(touched, SFD, 1)).toBe('writes');
    expect(touchOfBytes(touched, SFD + 1n, 1)).toBeUndefined();
    expect(touches.at(run.end)).toEqual({ reads: [], writes: [], registersRead: [], registersWritten: [] });
  });

  it('says which object a step is about', () => {
    const slabs = slabsOf(run);
    const about = (state: number) => objectInQuestion(touches, slabs, overrunOf(run, slabs), state);
    expect(about(GUILTY)).toBe(SFD);
    expect(about(GUILTY - 40)).toBe(PATH);
  });
});

const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? hex(value) : value);

describe('damage', () => {
  it('is there from the wrong write on, and only there', () => {
    const damage = new DamageNow(run);
    expect(damage.in(SFD, 32, GUILTY).size).toBe(0);
    expect([...damage.in(SFD, 32, GUILTY + 1)]).toEqual([[0, expect.objectContaining({ old: 0x2f })]]);
    expect(damage.in(SFD, 32, TRAP).size).toBe(1);
    expect(damage.in(PATH, 32, TRAP).size).toBe(0);
  });
});

describe('a stale pointer', () => {
  const stale = new StalePointers(run);
  const { objects } = run.data;

  it('is one into an object that is freed, from then on', () => {
    for (const { name, address, freed } of objects) {
      if (freed === null) continue;
      expect(stale.ofRegister('rbx', address, freed), name).toMatchObject({
        was: name,
        freed,
        now: undefined,
      });
      expect(stale.ofRegister('rbx', address, freed - 1)?.was, name).not.toBe(name);
    }
  });

  it('is none where it was made for the object that lies there', () => {
    expect(stale.ofRegister('rbx', hex(SFD), TRAP)).toBeUndefined();
    const path = objects.find(({ name }) => name === 'path')!;
    expect(stale.ofRegister('rbx', path.address, path.from + 1)).toBeUndefined();
  });

  it('is shown with what lies there now where a word is older than its object', () => {
    const found = new Set<string>();
    for (let state = 0; state <= run.end; state += 1)
      for (const { address, value } of run.stackAt(state)) {
        const one = stale.ofWord(address, BigInt(value), state);
        if (one?.now !== undefined) found.add(`${one.was} ${one.now}`);
      }
    expect(found).toContain('sfd_b path');
  });
});

describe('a jump mark', () => {
  it('leads to the state before what happens and to the one after', () => {
    const { marks } = run.data;
    expect(marks.find(({ kind }) => kind === 'guilty')).toMatchObject({ at: GUILTY, after: GUILTY + 1 });
    expect(marks.find(({ kind }) => kind === 'trap')).toMatchObject({ at: TRAP, after: run.end });
    for (const { name, from } of run.data.objects.filter(({ from: state }) => state > 0))
      expect(marks, name).toContainEqual(expect.objectContaining({ at: from - 1, after: from }));
  });

  it('says where a freed object lay', () => {
    expect(run.data.marks).toContainEqual(
      expect.objectContaining({ kind: 'reuse', label: 'allocate path, where sfd_b lay' }),
    );
  });
});

describe('a line of code', () => {
  it('is asked about at the last time that it ran, otherwise at the first', () => {
    const { path, sites } = run.data;
    const { function: fn, line } = sites[path[GUILTY]!]!;
    expect(lineAsked(run, `${fn} ${line}`, GUILTY + 1)).toBe(`rip@${GUILTY}`);
    const first = path.indexOf(path[GUILTY]!);
    expect(lineAsked(run, `${fn} ${line}`, 0)).toBe(`rip@${first}`);
    const times = timesOf(run, GUILTY)!;
    expect(times).toMatchObject({ first, last: path.lastIndexOf(path[GUILTY]!) });
    expect(times.count).toBe(path.filter((one) => one === path[GUILTY]).length);
  });
});

describe('a word of the report', () => {
  it('is a place that can be asked about, and shows the number that lies there', () => {
    const why = new WhyCase(new Case(bug));
    const { words } = reportText(run.data.oops!);
    let asked = 0;
    words.forEach((word, index) => {
      const place = askedOfWord(run, word, index);
      const bits = bitsOfWord(word);
      if (place.startsWith('word ') || bits === undefined || word.source.startsWith('call trace')) return;
      const { place: found, state } = why.place(place);
      expect(why.view.value(found, state), `${word.text} ${place}`).toBe(BigInt(bits));
      asked += 1;
    });
    expect(asked).toBeGreaterThan(20);
  });
});
