// Errors of the system in words. Imports nothing: every start loads it, as stdout can fail at any time.

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'its path leads through a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'a loop of symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ERR_INVALID_ARG_VALUE: 'the name holds a byte 00',
  ENXIO: 'it is not a regular file',
  EISDIR: 'it is a folder',
  EEXIST: 'it is there already',
  ENOSPC: 'there is no space left on the disk',
  EDQUOT: 'there is no space left for this user',
  EFBIG: 'the file would be larger than files may be here',
  EBADF: 'it is closed, or not open for that',
  EINVAL: 'the system does not do that with it',
  EROFS: 'the file system takes no changes',
  EIO: 'the system could not do it; if it is on a disk, that may be damaged',
  EMFILE: 'this process has too many files open; see "ulimit -n"',
  ENFILE: 'this machine has too many files open',
  ENOMEM: 'there is too little memory',
  EAGAIN: 'this machine has too many processes, or too little memory; see "ulimit -u"',
  E2BIG: 'arguments and environment are too long together',
  ERR_WORKER_INIT_FAILED: 'this machine has too many threads, or too little memory',
  EINTR: 'a signal interrupted it again and again',
};

// Of a process the code means something else.
const NOTHING_NOW = 'it gives or takes nothing now';

/** A system error as words: `cannot be read: ENOENT (there is no such file)`. */
export const systemProblem = (verb: string, error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  const isOfFile = verb === 'read' || verb === 'written';
  const reason = code === undefined ? undefined : code === 'EAGAIN' && isOfFile ? NOTHING_NOW : REASONS[code];
  return `cannot be ${verb}: ${code ?? message}${reason === undefined ? '' : ` (${reason})`}`;
};
