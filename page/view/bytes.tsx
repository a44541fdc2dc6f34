// Bytes of memory in rows: what the last step wrote, what lies outside of an allocation, and what the next step touches.

import { byteText, isPrintable } from '../../src/base/words.js';
import type { Run } from '../model/run.js';

/** How a byte is marked; each has a sign besides its colour. */
export interface ByteMark {
  /** Byte that was there before the run damaged it. */
  readonly was?: number;
  readonly written?: boolean;
  readonly beyond?: boolean;
  readonly next?: 'read' | 'write';
}

/** Props of a row of bytes. */
export interface BytesProps {
  readonly bytes: Uint8Array;
  readonly mark?: (index: number) => ByteMark;
  readonly label: string;
}

const characterOf = (byte: number): string => (isPrintable(byte) ? String.fromCharCode(byte) : '·');

const titleOf = (index: number, byte: number, { was, beyond, next }: ByteMark): string =>
  [
    `+0x${index.toString(16)}: ${byteText(byte)} ${characterOf(byte)}`,
    was === undefined ? '' : `was ${byteText(was)}`,
    beyond === true ? 'outside the requested bytes' : '',
    next === undefined ? '' : `the next instruction ${next}s it`,
  ]
    .filter((part) => part !== '')
    .join(', ');

/** A row of bytes, with their characters below. */
export const Bytes = ({ bytes, mark = () => ({}), label }: BytesProps) => (
  <div class="bytes" role="img" aria-label={label}>
    {[...bytes].map((byte, index) => {
      const told = mark(index);
      const classes = [
        'byte',
        told.written === true ? 'written' : '',
        told.beyond === true ? 'beyond' : '',
        told.was === undefined ? '' : 'damaged',
        told.next === undefined ? '' : 'next',
        byte === 0 ? 'zero' : '',
      ];
      return (
        <span key={index} class={classes.join(' ').trim()} title={titleOf(index, byte, told)}>
          {told.was !== undefined && <small class="was">{byteText(told.was)}</small>}
          <b>{byteText(byte)}</b>
          <i>{characterOf(byte)}</i>
        </span>
      );
    })}
  </div>
);

/** The bytes at an address in a state; none where that memory is not shown. */
export const bytesAt = (run: Run, address: bigint, size: number, state: number): Uint8Array => {
  const place = run.memory.find(address);
  return place === undefined ? new Uint8Array() : run.memory.seek(state).read(place, size);
};
