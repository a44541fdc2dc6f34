// Lineage against the talk: each remark of slides 27 to 35 has its statement; and against values, in every scenario.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Lineage, lineageOf } from '../../src/lineage/lineage.js';
import type { Place } from '../../src/lineage/value.js';
import { ALIVE, ORIGIN } from '../../src/lineage/ledger.js';
import { REGISTER_BYTES } from '../../src/lineage/tags.js';
import { endText, madeText } from '../../src/lineage/text.js';
import { RecordedState } from '../../src/recording/state.js';
import { replay } from '../../src/run/replay.js';
import { listScenarios, loadScenario } from '../../src/scenario/scenario.js';
import { recordCode, randomWith } from '../helpers/lineage-machine.js';
import { LedgerStates } from '../helpers/lineage-oracle.js';
import { hasUnicorn, withUnicorn } from '../helpers/unicorn.js';

const recording = replay(loadScenario('shm-close-bug'));
const run = lineageOf(recording);
const analyst = lineageOf(recording, { view: 'analyst' });
const exit = recording.header.steps.at(-1)!;

const last = (lineage: Lineage, name: string) => lineage.named(name).at(-1)!;
const inPlace = (lineage: Lineage, name: string, place: string): Place => {
  const found = last(lineage, name).places.filter((one) => one.place === place && one.from.step >= exit.from);
  expect(found, `${name} in ${place}`).not.toEqual([]);
  return found[0]!;
};
const ends = (lineage: Lineage, name: string, place: string) => endText(inPlace(lineage, name, place));
const made = (lineage: Lineage, name: string, place: string) =>
  madeText(inPlace(lineage, name, place), exit.from);
const stateAt = (location: string) => analyst.statesAt(location).at(-1)!;
const contents = (lineage: Lineage, place: string, location: string) =>
  lineage.contentOf(place, stateAt(location)).map(({ name }) => name);

describe('the remarks of the talk, for a reader who has the published bytes alone', () => {
  it('27: "vma pointer is in rdi"', () => {
    expect(contents(analyst, 'rdi', 'shm_close+0x0')).toEqual(['vma']);
    expect(last(analyst, 'vma')).toMatchObject({
      type: 'struct vm_area_struct *',
      value: 0xffff88016d2319e0n,
    });
  });

  it('28: "file pointer is in rax"', () => {
    expect(made(analyst, 'file', 'rax')).toBe('shm_close+0x4  mov 0x98(%rdi),%rax');
    expect(last(analyst, 'file')).toMatchObject({ type: 'struct file *', value: 0xffff8800148fcb80n });
  });

  it('29: "sfd pointer is in rbx"', () => {
    expect(made(analyst, 'sfd', 'rbx')).toBe('shm_close+0xb  mov 0xa0(%rax),%rbx');
    expect(last(analyst, 'sfd')).toMatchObject({
      type: 'struct shm_file_data *',
      value: 0xffff8803f382cc60n,
    });
  });

  it('30: "we just lost vma in rdi", "we might have lost *file in rax"', () => {
    expect(ends(analyst, 'vma', 'rdi')).toBe('destroyed by shm_close+0x1d  mov %r12,%rdi');
    expect(inPlace(analyst, 'file', 'rax').until).toMatchObject({ how: 'may be lost', at: 'shm_close+0x20' });
    expect(inPlace(analyst, 'file', 'rax').until?.by).toMatch(/^callq .*<down_write>$/u);
  });

  it('31: "rsi has sfd->id", "rdi has &shm_ids(ns)", "we definitely lost rax now"', () => {
    expect(made(analyst, 'sfd->id', 'esi')).toBe('shm_close+0x25  mov (%rbx),%esi');
    expect(contents(analyst, 'rdi', 'shm_close+0x2e')).toEqual(['&ns->ids[2]']);
    expect(last(analyst, '&ns->ids[2]').type).toBe('struct ipc_ids *');
    expect(inPlace(analyst, 'file', 'rax').certain).toMatchObject({ at: 'shm_close+0x2e' });
    // The next call may have destroyed the others, and says nothing for certain.
    expect(inPlace(analyst, 'sfd->id', 'esi')).toMatchObject({
      until: { how: 'may be lost' },
      certain: null,
    });
  });

  it('32: "we lost sfd in rbx"', () => {
    expect(ends(analyst, 'sfd', 'rbx')).toBe('destroyed by shm_close+0x39  mov %rax,%rbx');
    expect(contents(analyst, 'rbx', 'shm_close+0x3e')).toEqual(['shp']);
  });

  it('33: "we lost the vma pointer and all intermediate pointers": no register has any of them', () => {
    const known = analyst.knownAt(stateAt('shm_close+0x3e'));
    const registers = known.flatMap(({ value, places }) =>
      places
        .filter(({ place }) => place.register !== undefined)
        .map(({ place }) => [value.name, place.place]),
    );
    expect(registers).toEqual([
      ['ns', 'rbp'],
      ['&ns->ids[2].rw_mutex', 'r12'],
      ['shp', 'rax'],
      ['shp', 'rbx'],
    ]);
    expect(known.map(({ value }) => value.name)).not.toContain('sfd->id');
  });

  it('33: "ipc_lock() asm showed that shmid gets quickly lost inside it"', () => {
    expect(ends(run, 'sfd->id', 'esi')).toBe('destroyed by ipc_lock+0xb  add %eax,%esi');
    expect(ends(run, 'file', 'rax')).toBe('destroyed by down_write+0xa  mov %rdi,%rax');
  });

  it('34, 35: the vma is at [rsp], and again in the rbp that remove_vma() saved', () => {
    const vma = analyst.knownAt(stateAt('shm_close+0x3e')).find(({ value }) => value.name === 'vma')!;
    const told = vma.places.map(({ history }) =>
      history.map((place) => [place.place.split(' ')[0], place.made?.at]),
    );
    expect(told).toEqual([
      [
        ['0xffff880211337db8', 'remove_vma+0x0'],
        ['rbp', undefined],
      ],
      [
        ['0xffff880211337d88', 'shm_close+0x3'],
        ['rbx', 'remove_vma+0x2'],
        ['rdi', undefined],
      ],
    ]);
    const backtrace = readFileSync(new URL('../golden/bt-FF.txt', import.meta.url), 'utf8');
    expect(backtrace).toContain('ffff880211337d88: [ffff88016d2319e0:vm_area_struct]');
    expect(backtrace).toContain('ffff880211337db8: [ffff88016d2319e0:vm_area_struct]');
    expect(contents(analyst, 'rbx', 'shm_close+0x0')).toEqual(['vma']); // "We enter shm_close() with vma in rbx"
  });
});

describe('what ran', () => {
  it('shows that the id is made up of its own bytes and the backslash of the mount', () => {
    const id = last(run, 'sfd->id');
    expect(id.value).toBe(13008988n);
    expect(id.places[0]).toMatchObject({
      made: { at: 'convert_delimiter+0x1c', by: 'mov %sil,(%rdi)' },
      until: null,
    });
    const [first, ...others] = id.parents.map((parent) => run.value(parent));
    expect(first).toMatchObject({ name: 'delim', value: 0x5cn });
    // The old value died in part: convert_delimiter() read it byte by byte, and three bytes live on.
    expect(others.map(({ value, size }) => [value, size])).toEqual(
      [0x80n, 0xc6n, 0n].map((byte) => [byte, 1]),
    );
    for (const { places } of others) expect(places[0]).toMatchObject({ until: null });
  });

  it('shows which value a pop restored, and which was freed', () => {
    const out = last(run, 'out').places.find(({ register }) => register === 'rbx')!;
    expect(out.until).toMatchObject({ how: 'restored', by: 'pop %rbx' });
    const path = run.named('delim').flatMap(({ places }) => places);
    expect(path.some(({ until }) => until?.how === 'freed')).toBe(true);
  });

  it('finds the content of a place, part by part', () => {
    const state = run.statesAt('ipc_lock+0x0').at(-1)!;
    expect(run.contentOf('sil', state).map(({ name }) => name)).toEqual(['delim']);
    expect(run.contentOf('rdi', state).map(({ name }) => name)).toEqual(['&ns->ids[2]']);
    expect(run.whereIs(last(run, 'ns').id, state).map(({ place }) => place)).toContain('rbp');
    expect(() => run.contentOf('xmm0', state)).toThrow('xmm0 is not a register');
  });

  it('is the same every time', () => {
    const again = lineageOf(recording);
    expect(again.values).toEqual(run.values);
  });
});

// No scenario has unique values everywhere, so values are compared, and equal ones may stand for each other.
const check = (lineage: Lineage): { problems: string[]; words: number } => {
  const { recording: replayed, walk } = lineage;
  const { ledger } = walk;
  const states = new LedgerStates(lineage);
  const state = new RecordedState(replayed);
  const problems: string[] = [];
  const bytes = new Uint8Array(REGISTER_BYTES + walk.memory.bytes.length);
  const view = new DataView(bytes.buffer);
  const load = (at: RecordedState): void => {
    bytes.set(new Uint8Array(at.registers.buffer).subarray(0, REGISTER_BYTES));
    let offset = REGISTER_BYTES;
    for (const { start, size } of walk.memory.regions) {
      bytes.set(at.read(start, size), offset);
      offset += size;
    }
  };
  const guestWrote = new Set<number>();
  for (let index = 0; index < replayed.accessCount; index += 1) {
    const { address, kind, host } = replayed.access(index);
    if (kind === 'write' && !host) guestWrote.add((walk.memory.locate(address) + REGISTER_BYTES) & ~7);
  }
  const tracked = new Set<bigint>();
  for (let value = 1; value < ledger.valueCount; value += 1) {
    const origin = ledger.originOf(value);
    const original = origin === ORIGIN.register || origin === ORIGIN.memory;
    if (original && ledger.sizeOf(value) === 8 && ledger.bitsOf(value) >= 1n << 32n)
      tracked.add(ledger.bitsOf(value));
  }
  let words = 0;
  let access = 0;
  for (let step = 0; step <= replayed.instructions; step += 1) {
    // Where neither the ledger nor the machine changed, nothing is new; the last state is looked at whole.
    const dirty = new Set(states.advance(step));
    let host = false;
    for (; access < replayed.accessesBefore(step); access += 1) {
      const { address, size, kind, host: byHost } = replayed.access(access);
      host ||= byHost;
      const written = kind === 'write' ? size : 0;
      for (let index = 0; index < written; index += 1)
        dirty.add(walk.memory.locate(address + BigInt(index)) + REGISTER_BYTES);
    }
    state.seek(step);
    load(state);
    for (let at = 0; at < REGISTER_BYTES; at += 1) dirty.add(at);
    if (step === replayed.instructions) for (let at = 0; at < bytes.length; at += 1) dirty.add(at);
    for (const location of dirty) {
      const place = states.places[location]!;
      if (place === 0) continue;
      const byte = ledger.first(place) + location - ledger.start(place);
      const expected = Number((ledger.bitsOf(ledger.value(place)) >> BigInt(byte * 8)) & 0xffn);
      if (bytes[location] !== expected)
        problems.push(`state ${step}: location ${location} is not byte ${byte}`);
    }
    for (const word of new Set([...dirty].map((at) => at & ~7))) {
      const bits = view.getBigUint64(word, true);
      if (step === 0 || !tracked.has(bits)) continue;
      words += 1;
      const place = states.places[word]!;
      const whole = place > 0 && ledger.start(place) === word && ledger.size(place) === 8;
      if (whole && ledger.bitsOf(ledger.value(place)) === bits) continue;
      // Bytes that the sandbox wrote, or that lay there from the start, belong to no value until they are read.
      const isUnowned = place === 0 && word >= REGISTER_BYTES;
      if (isUnowned && (host || !guestWrote.has(word))) continue;
      problems.push(`state ${step}: location ${word} holds 0x${bits.toString(16)}, the ledger has ${place}`);
    }
  }
  return { problems, words };
};

describe('every shipped scenario', () => {
  const names = listScenarios().map(({ name }) => name);

  it.each(names)('%s: each place holds its value, and each tracked word is in the ledger', (name) => {
    const { problems, words } = check(lineageOf(replay(loadScenario(name))));
    expect(problems.slice(0, 5)).toEqual([]);
    expect(words).toBeGreaterThan(0);
  });

  it.each(names)('%s: what an analyst can follow is so', (name) => {
    const replayed = replay(loadScenario(name));
    const lineage = lineageOf(replayed, { view: 'analyst' });
    const { ledger } = lineage.walk;
    const state = new RecordedState(replayed);
    for (let place = 1; place < ledger.placeCount; place += 1) {
      if (!ledger.isSeen(place)) continue;
      const told = lineage.place(place);
      const expected = ledger.bitsOf(ledger.value(place)) >> BigInt(told.first * 8);
      const until = ledger.until(place) === ALIVE ? replayed.instructions : ledger.until(place);
      for (const step of new Set([told.from.step, until])) {
        state.seek(step);
        const found =
          told.address === undefined
            ? state.registers[ledger.start(place) >> 3]! >> BigInt((ledger.start(place) & 7) * 8)
            : state.read(told.address, told.size).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
        const mask = (1n << BigInt(told.size * 8)) - 1n;
        expect([told.place, step, found & mask]).toEqual([told.place, step, expected & mask]);
      }
    }
  });
});

describe.runIf(hasUnicorn)('what is not supported of what Unicorn runs', () => {
  const recorded = (...code: number[]) => withUnicorn(() => recordCode([...code, 0xc3], randomWith(1)));
  const lineageOfCode = (...code: number[]) => lineageOf(recorded(...code));

  it.each([
    ['movdqa %xmm0,%xmm1', [0x66, 0x0f, 0x6f, 0xc8], /movdqa at guest\+0x0/u],
    ['movq %rax,%xmm0', [0x66, 0x48, 0x0f, 0x6e, 0xc0], /movq at guest\+0x0/u],
    ['fld1', [0xd9, 0xe8], /fld1 at guest\+0x0/u],
    ['mov %ds,%eax', [0x8c, 0xd8], /mov at guest\+0x0/u],
    ['push %ax', [0x66, 0x50, 0x66, 0x58], /push at guest\+0x0/u],
  ])('%s is refused by its name and place', (_, code, message) => {
    expect(() => lineageOfCode(...code)).toThrow(message);
  });

  it('what an analyst does not follow is not refused', () => {
    const replayed = recorded(0x66, 0x0f, 0x6f, 0xc8);
    expect(() => lineageOf(replayed, { view: 'analyst' })).not.toThrow();
  });
});
