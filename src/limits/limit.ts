// One row of the table of limits, and the words for what happens past a limit.

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

/** A walk over guest memory ends. */
export const WALK_ENDS = 'the walk ends there, and a line says so';

/** The bounds of one input. */
export const limitsOf = (input: string, rows: readonly Omit<Limit, 'input'>[]): readonly Limit[] =>
  rows.map((row) => ({ input, ...row }));
