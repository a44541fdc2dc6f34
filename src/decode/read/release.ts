// What follows from the number of a kernel release: where its parts of the address space begin. No reports here.

/** `[3, 0]` of `3.0.101-84-default`, `[2, 32]` of `2.6.32`; `undefined` where no number begins it. */
const releaseNumber = (release: string | undefined): readonly [number, number] | undefined => {
  const match = /^(2)\.6\.(\d+)|^(\d+)\.(\d+)/u.exec(release ?? '');
  return match === null ? undefined : [Number(match[1] ?? match[3]), Number(match[2] ?? match[4])];
};

/** Whether a release is at least `major.minor`, 2.6.27 being 2.27; `undefined` for one that is not known. */
export const isAtLeast = (release: string | undefined, major: number, minor: number): boolean | undefined => {
  const number = releaseNumber(release);
  if (number === undefined) return undefined;
  return number[0] > major || (number[0] === major && number[1] >= minor);
};
