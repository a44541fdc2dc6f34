// One row of the table of limits, and the words for what happens past a limit.

import { MAX_NAME, MAX_PROSE } from '../base/form.js';

/** What a maximum counts. Bytes are shown as KiB, MiB or GiB where they are whole ones. */
type Unit =
  | 'bytes'
  | 'characters'
  | 'columns'
  | 'connections'
  | 'entries'
  | 'files'
  | 'instructions'
  | 'levels'
  | 'lines'
  | 'MiB'
  | 'milliseconds'
  | 'minutes'
  | 'rows'
  | 'runs'
  | 'seconds'
  | 'seconds of CPU time'
  | 'worlds'
  | '';

/** A bound, with the constant that enforces it. */
export interface Limit {
  /** What is given: `a scenario file`. Rows of one input stand together. */
  readonly input: string;
  /** What is bounded: `its size`. */
  readonly what: string;
  readonly max: number;
  readonly unit: Unit;
  /** What happens past it. */
  readonly beyond: string;
}

/** The input is not taken. */
export const REFUSED = 'refused, exit code 2';

/** A part is left out. */
export const CUT = 'the rest is left out, and the output says so';

/** A part is left out, and nothing says so. */
export const NOT_READ = 'the rest is not read';

/** A walk over guest memory ends. */
export const WALK_ENDS = 'the walk ends there, and a line says so';

/** Texts of a document whose form says nothing else. */
export const DOCUMENT_TEXTS: readonly Omit<Limit, 'input'>[] = [
  { what: 'a name, and any text in one line', max: MAX_NAME, unit: 'characters', beyond: REFUSED },
  { what: 'any other text in it', max: MAX_PROSE, unit: 'characters', beyond: REFUSED },
];

/** The bounds of one input. */
export const limitsOf = (input: string, rows: readonly Omit<Limit, 'input'>[]): readonly Limit[] =>
  rows.map((row) => ({ input, ...row }));
