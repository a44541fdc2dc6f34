// The errors that this project throws on purpose. Nothing that a guest does is an error: it is an outcome.

/** Where an input is wrong; whatever is known. Lines and columns count from 1. */
export interface Where {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Path of the field, `world.objects.vma.at`, or the name of an option or parameter. */
  readonly field?: string;
}

/**
 * Base of every error this project throws on purpose.
 * `code` is API: tests, exit codes and `--json` match on it. `message` is for people and may change.
 */
export abstract class OopslabError extends Error {
  abstract readonly code: `ERR_${string}`;

  constructor(
    message: string,
    readonly where: Where = {},
  ) {
    super(message);
  }

  override get name(): string {
    return this.constructor.name; // inherited and not enumerable, as in built-in errors
  }
}

/** The input is wrong; the message says what would be right. Exit code 2. */
export class InputError extends OopslabError {
  readonly code = 'ERR_INPUT';
}

/** A file in a format of this project cannot be used: wrong format, version or hash. Exit code 2. */
export class FormatError extends OopslabError {
  readonly code = 'ERR_FORMAT';
}

/** libunicorn could not be found or loaded. Exit code 2. */
export class LibraryError extends OopslabError {
  readonly code = 'ERR_LIBRARY';
}

/** The emulator library refused a call, or the engine was used against its contract (closed, overlapping map). */
export class EngineError extends OopslabError {
  readonly code = 'ERR_ENGINE';

  /** @param status the library's `uc_err`, or `undefined` when the call never reached it */
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

/** The host read or wrote guest memory that is not mapped. */
export class UnmappedError extends OopslabError {
  readonly code = 'ERR_UNMAPPED';

  constructor(
    readonly address: bigint,
    readonly size: number, // bytes
  ) {
    super(`${size} bytes at 0x${address.toString(16)}: not mapped`);
  }
}

/** The machine that oopslab runs on has too little memory for what was asked. Exit code 2. */
export class MemoryError extends OopslabError {
  readonly code = 'ERR_MEMORY';
}

/** This Node, as it was started, lacks what a command needs. Exit code 2. */
export class HostError extends OopslabError {
  readonly code = 'ERR_HOST';
}

/** `file:line:column: field`, as far as they are known; empty when none is. */
export const formatWhere = (where: Where): string => {
  const place =
    where.file === undefined
      ? ''
      : [where.file, where.line, where.column].filter((part) => part !== undefined).join(':');
  return [place, where.field ?? ''].filter((part) => part !== '').join(': ');
};
