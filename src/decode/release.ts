// What follows from the number of a kernel release: where its parts of the address space begin. No reports here.

/** `[3, 0, 101]` of `3.0.101-84-default`; `undefined` where no number begins it. */
export const releaseNumber = (release: string | undefined): readonly [number, number] | undefined => {
  const match = /^(\d+)\.(\d+)/u.exec(release ?? '');
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
};

/** Whether a release is at least `major.minor`; `undefined` for one that is not known. */
export const isAtLeast = (release: string | undefined, major: number, minor: number): boolean | undefined => {
  const number = releaseNumber(release);
  if (number === undefined) return undefined;
  return number[0] > major || (number[0] === major && number[1] >= minor);
};
