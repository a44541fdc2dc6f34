// Keys and mouse from the bytes that a terminal sends.
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Mouse, readKeys } from '../../src/cli/terminal-keys.js';

/** A terminal that sends these chunks at once, and what was read. */
const send = (...chunks: readonly Uint8Array[]): (string | Mouse)[] => {
  const terminal = new Readable({ read: () => undefined });
  const read: (string | Mouse)[] = [];
  readKeys(
    terminal,
    (name) => read.push(name),
    (mouse) => read.push(mouse),
  );
  for (const chunk of chunks) terminal.emit('data', Buffer.from(chunk));
  return read;
};
const text = (sent: string): (string | Mouse)[] => send(Buffer.from(sent));

describe('keys', () => {
  it.each([
    ['s', ['s']],
    ['G?/é', ['G', '?', '/', 'é']],
    [' ', ['Space']],
    ['\r', ['Enter']],
    ['\u001bOM', ['Enter']],
    ['\t\u001b[Z', ['Tab', 'BackTab']],
    ['\u001b[A\u001b[B\u001b[C\u001b[D', ['Up', 'Down', 'Right', 'Left']],
    ['\u001bOA\u001bOB\u001bOC\u001bOD', ['Up', 'Down', 'Right', 'Left']],
    ['\u001b[H\u001b[F\u001b[1~\u001b[4~\u001bOH\u001bOF', ['Home', 'End', 'Home', 'End', 'Home', 'End']],
    ['\u001b[5~\u001b[6~', ['PageUp', 'PageDown']],
    ['\b\u007f', ['Backspace', 'Backspace']],
    ['\u0003\u0004\u000c\u001a', ['CtrlC', 'q', 'CtrlL', 'CtrlZ']],
  ])('%j are %j', (sent, names) => expect(text(sent)).toEqual(names));

  it('Alt with a letter, F1, other control characters and the focus of the window are no keys of the stepper', () => {
    expect(text('\u001bq\u001bOP\u0000\u0001\u001b[I')).toEqual([]);
  });

  it('Escape alone is a key, and the start of what follows at once', async () => {
    const escape = text('\u001b');
    expect(escape).toEqual([]);
    await expect.poll(() => escape).toEqual(['Escape']);
    const arrow = send(Buffer.from('\u001b'), Buffer.from('[A'));
    await wait(100); // twice what Escape waits
    expect(arrow).toEqual(['Up']);
  });
});

describe('the mouse', () => {
  const click = { kind: 'click', column: 59, row: 4 };

  it('is read as a press of the left button and the wheel, with and without Shift', () => {
    expect(text('\u001b[<0;60;5M')).toEqual([click]);
    expect(text('\u001b[<4;60;5M')).toEqual([click]);
    expect(text('\u001b[<64;1;1M')).toEqual([{ kind: 'wheel up', column: 0, row: 0 }]);
    expect(text('\u001b[<65;1024;300M')).toEqual([{ kind: 'wheel down', column: 1023, row: 299 }]);
  });

  it('is not read where it moves, where a button is let go, and where another one is pressed', () => {
    expect(text('\u001b[<0;60;5m\u001b[<35;60;5M\u001b[<2;60;5M\u001b[<1;60;5Ms')).toEqual(['s']);
  });

  it('is read in the old form, too', () => {
    expect(text('\u001b[M \\%s\u001b[Ma!!\u001b[M#!!')).toEqual([
      click,
      's',
      { kind: 'wheel down', column: 0, row: 0 },
    ]);
  });

  it('is left at what no report has', () => {
    expect(text('\u001b[<0;60xs')).toEqual(['s']);
    expect(text(`\u001b[<${'0'.repeat(15)}s`)).toEqual(['s']);
  });
});

it('the same bytes are the same keys, however they are cut, and whatever they are', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc
      .constantFrom('\u001b', '\u001b[', '\u001b[<0;60;5M', '\u001b[<', '\u001b[M', '\u001b[5~', '😀', 'M', '0;1;1')
      .map((one) => new Uint8Array(Buffer.from(one))),
  ); // prettier-ignore
  const sent = fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.concat(pieces));
  fc.assert(
    fc.property(sent, fc.array(fc.nat({ max: 80 }), { maxLength: 8 }), (bytes, cuts) => {
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      const whole = send(bytes);
      expect(send(...chunks)).toEqual(whole);
      for (const one of whole) if (typeof one === 'string') expect(one >= ' ').toBe(true); // no control character
    }),
    { seed: 11, numRuns: 2000 },
  );
});
