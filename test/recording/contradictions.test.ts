// What the parts of a recording say about one another is checked when it is read: every relation that views rely on.
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.js';
import { ACCESS, ROW } from '../../src/recording/accesses.js';
import { decodeRecording, encodeRecording } from '../../src/recording/file.js';
import { replay } from '../../src/run/replay.js';
import { listScenarios, loadScenario } from '../../src/scenario/scenario.js';
import { type RecordingParts, putTogether, takeApart } from '../helpers/recording-parts.js';

const whole = replay(loadScenario('shm-close-bug'));
const parts = takeApart(encodeRecording(whole), whole.data);
const { instructions, accessCount } = whole;
const { events, steps } = whole.header;

type Loose = Record<string, Record<string, unknown>[]>;

const read = (changed: RecordingParts): unknown => decodeRecording(putTogether(changed), 'x.rec');

const withHeader = (change: (header: Loose) => void): RecordingParts => {
  const header = structuredClone(parts.header);
  change(header as unknown as Loose);
  return { ...parts, header };
};

/** The first access that is done, and the first one of the sandbox. */
const done = Array.from({ length: accessCount }, (_, index) => index).find((index) =>
  whole.accesses.isDone(index),
)!;
const host = Array.from({ length: accessCount }, (_, index) => index).find((index) =>
  whole.accesses.isHost(index),
)!;

const withAccess = (index: number, column: number, value: number): RecordingParts => {
  const accesses = parts.accesses.slice();
  accesses[index * ROW.words + column] = value;
  return { ...parts, accesses };
};

const trap = events.length - 1;
const made = events.findIndex(({ kind }) => kind === 'allocate');
const lines = whole.header.symbols.findIndex((symbol) => (symbol.lines?.length ?? 0) > 1);
const frame = whole.header.symbols.findIndex((symbol) => (symbol.frame?.length ?? 0) > 1);

describe('a recording whose parts contradict each other', () => {
  it.each<[string, RegExp, RecordingParts]>([
    ['an event past the last instruction', /events\[\d+\]" lies at instruction 840 .*past the run's 839 instructions/u, withHeader(({ events: all }) => (all![trap]!['at'] = instructions + 1))],
    ['an event at 2^53 - 1', /events\[\d+\]" lies at instruction 9007199254740991/u, withHeader(({ events: all }) => (all![trap]!['at'] = Number.MAX_SAFE_INTEGER))],
    ['an event before the one before it', /events\[\d+\]" lies at instruction 0 /u, withHeader(({ events: all }) => (all![trap]!['at'] = 0))],
    ['an event after accesses that there are not', /or \d+ accesses/u, withHeader(({ events: all }) => (all![trap]!['accesses'] = accessCount + 1))],
    ['an event after the trap', /is a trap, and events follow it/u, withHeader(({ events: all }) => all!.push({ ...all![trap]!, kind: 'host', what: '' }))],
    ['an event outside of its step', /outside of its step, steps\[0\]/u, withHeader(({ events: all, steps: list }) => { const range = list![1]!['events'] as { to: number }; (list![0]!['events'] as { to: number }).to = all!.length; range.to = all!.length; })],
    ['registers of a trap that reach past their page', /field "events\[\d+\]\.regs" is/u, withHeader(({ events: all, regions }) => (all![trap]!['regs'] = `0x${(BigInt(regions!.at(-1)!['start'] as string) + BigInt(regions!.at(-1)!['size'] as number) - 8n).toString(16)}`))],
    ['an error code of 33 bits', /errorCode" is 4294967296/u, withHeader(({ events: all }) => (all![trap]!['errorCode'] = 2 ** 32))],
    ['an allocation where no memory is', /allocates at 0x1000, where the recording has no memory/u, withHeader(({ events: all }) => (all![made]!['address'] = '0x1000'))],
    ['an allocation of more than a page', /an object lies in a page/u, withHeader(({ events: all }) => (all![made]!['objectSize'] = 4 << 20))],
    ['a request of more than its object', /requests 4096 of 32 bytes/u, withHeader(({ events: all }) => (all![made]!['requested'] = 4096))],
    ['a gap between steps', /steps\[\d\]" does not follow/u, withHeader(({ steps: list }) => (list!.at(-1)!['from'] = steps.at(-1)!.from + 1))],
    ['steps that end before the run', /"steps" ends at instruction \d+; the run has 839/u, withHeader(({ steps: list, events: all }) => { list!.at(-1)!['to'] = instructions - 1; all![trap]!['at'] = instructions - 1; })],
    ['a step without a call that ran', /has instructions or a result, and no call/u, withHeader(({ steps: list }) => (list!.at(-1)!['call'] = null))],
    ['two steps of one name', /is the name of an earlier step/u, withHeader(({ steps: list }) => (list![1]!['step'] = list![0]!['step']))],
    ['a BUG without a trap', /is a BUG, and no trap/u, withHeader(({ events: all, steps: list }) => { all!.pop(); (list!.at(-1)!['events'] as { to: number }).to -= 1; })],
    ['a trap in a run that returned', /is "returned", and the last event is a trap/u, withHeader((header) => Object.assign(header, { outcome: { kind: 'returned', value: '0x0' } }))],
    ['a BUG at what is not a place', /"outcome\.at" is neither an address nor an offset/u, withHeader(({ outcome }) => Object.assign(outcome!, { at: 'no_such_thing+0x3e' }))],
    ['a BUG at a symbol alone', /"outcome\.at" is neither/u, withHeader(({ outcome }) => Object.assign(outcome!, { at: 'shm_close' }))],
    ['a step that calls what is not there', /"steps\[\d\]\.call" is not among the symbols: gone/u, withHeader(({ steps: list }) => (list!.at(-1)!['call'] = 'gone'))],
    ['an event of what is not there', /"events\[\d+\]\.symbol" is not among the symbols: gone/u, withHeader(({ events: all }) => (all!.find(({ kind }) => kind === 'stub')!['symbol'] = 'gone'))],
    ['a region that can be written after one that cannot', /can be written, and comes after one that cannot/u, withHeader(({ regions }) => (regions![0]!['protection'] = 'read'))],
    ['a symbol that is not canonical', /symbols\[0\]" has \d+ bytes at 0x800000000000/u, withHeader(({ symbols }) => (symbols![0]!['address'] = '0x800000000000'))],
    ['a symbol past the last address', /symbols\[0\]" has 4096 bytes at 0xffffffffffffffff/u, withHeader(({ symbols }) => Object.assign(symbols![0]!, { address: '0xffffffffffffffff', size: 4096 }))],
    ['lines that are not in order', /has offsets that are not in order/u, withHeader(({ symbols }) => (symbols![lines]!['lines'] as unknown[]).reverse())],
    ['frame rules that are not in order', /has offsets that are not in order/u, withHeader(({ symbols }) => (symbols![frame]!['frame'] as unknown[]).reverse())],
    ['an object of the world where no memory is', /world\[0\]" lies at 0x1000/u, withHeader(({ world }) => (world![0]!['address'] = '0x1000'))],
    ['an object around the first address', /objects\[0\]" has \d+ and \d+ bytes around 0x0/u, withHeader(({ objects }) => Object.assign(objects![0]!, { address: '0x0', header: 16 }))],
    ['an object past the last address', /objects\[0\]" has/u, withHeader(({ objects }) => (objects![0]!['address'] = '0xffffffffffffffff'))],
    ['an access of 16 bytes', /has the size 16/u, withAccess(0, ROW.flags, 16)],
    ['an access of no bytes', /has the size 0/u, withAccess(0, ROW.flags, 0)],
    ['an access with unknown flags', /flags 0x808/u, withAccess(0, ROW.flags, 0x808)],
    ['an access past the last instruction', /is of instruction 840/u, withAccess(accessCount - 1, ROW.instruction, instructions + 1)],
    ['an access before the one before it', /is of instruction 0: before the access before it/u, withAccess(accessCount - 1, ROW.instruction, 0)],
    ['a read of the sandbox', /is of the sandbox, and is not a write/u, withAccess(host, ROW.flags, 8 | ACCESS.host)],
    ['a write where no memory is', /wrote to 0x[0-9a-f]+, where the recording has no memory/u, withAccess(done, ROW.address + 1, 0)],
  ])('is refused for %s', (_, message, changed) => {
    expect(() => read(changed)).toThrow(message);
    expect(() => read(changed)).toThrow(FormatError);
  }); // prettier-ignore

  it('is refused for a page that a region has twice', () => {
    const { pages } = parts;
    const bytes = Buffer.from(pages);
    const regions = whole.header.regions.findIndex(({ size }) => size >= 8192);
    let at = 0;
    for (let index = 0; index < regions; index += 1) at += 4 + bytes.readUInt32LE(at) * 4100;
    expect(bytes.readUInt32LE(at)).toBeGreaterThan(1);
    bytes.copy(bytes, at + 4 + 4100, at + 4, at + 8);
    expect(() => read({ ...parts, pages: bytes })).toThrow(/has page \d+ twice, or out of order/u);
  });
});

describe('a recording that a recorder wrote', () => {
  it('contradicts itself in no shipped scenario', () => {
    for (const name of listScenarios().map((one) => one.name)) {
      const bytes = encodeRecording(replay(loadScenario(name)));
      expect(() => decodeRecording(bytes, name)).not.toThrow();
    }
  });
});
