// What becomes of the process when its output goes nowhere. Imports nothing: every start loads it.

/** What `endOnFailedWrite` needs of a process. */
interface Ending {
  readonly stdout: NodeJS.EventEmitter;
  readonly stderr: NodeJS.EventEmitter & { write(text: string): unknown };
  exit(code?: number): void;
}

/** A reader that closes the pipe ends the program quietly; a stream that takes no more, as on a full disk, in a line. */
export const endOnFailedWrite = ({ stdout, stderr, exit }: Ending = process): void => {
  const end = (error: NodeJS.ErrnoException, say: boolean): void => {
    if (error.code === 'EPIPE') return exit();
    if (say) stderr.write(`oopslab: stdout cannot be written: ${error.code ?? error.message}\n`);
    return exit(2);
  };
  stdout.on('error', (error: NodeJS.ErrnoException) => end(error, true));
  stderr.on('error', (error: NodeJS.ErrnoException) => end(error, false));
};
