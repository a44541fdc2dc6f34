// PLACEHOLDER so that the command line compiles; to be overwritten whole by the out-of-bounds work.
// The story needs the shape LocatedOutOfBounds: the JSON entry plus the instruction's number.
import type { Recording } from './recording.js';
export interface OutOfBounds {
  readonly access: 'read' | 'write';
  readonly by: string;
  readonly address: string;
  readonly size: number;
  readonly old: string;
  readonly new: string | null;
  readonly allocation: string | null;
  readonly requested: number | null;
  readonly beyond: number | null;
  readonly victim: {
    readonly kind: 'slack' | 'object' | 'free' | 'management' | 'unmapped';
    readonly object: string | null;
    readonly cache: string | null;
    readonly field: string | null;
  };
}
/** An entry with where in the recording it is. */
export interface LocatedOutOfBounds extends OutOfBounds {
  readonly instruction: number;
}
/** The JSON entries. */
export const outOfBounds = (recording: Recording): OutOfBounds[] =>
  locateOutOfBounds(recording).map(({ instruction: _instruction, ...entry }) => entry);
/** The same with the number of the instruction. */
export const locateOutOfBounds = (_recording: Recording): LocatedOutOfBounds[] => [];
