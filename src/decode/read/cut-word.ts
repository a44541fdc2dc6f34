// Whether a wrap cut a number or a word of a report in two: told by what the kernel prints after it. Joined with a blank,
// such a number would be a shorter one, and wrong.

type Row = readonly [end: RegExp, start: RegExp];

// What a line ends in, and what the next one begins with.
const ROWS: readonly Row[] = [
  // Addresses without a fixed width: `: 0000 [#1]` follows.
  [/\b0x[0-9a-f]{0,15}$/u, /^[0-9a-f]{0,15}: [0-9a-f]{4} \[#?\d/u],
  [/: [0-9a-f]{1,3}$/u, /^[0-9a-f]{1,3} \[#?\d/u],
  [/ \[#?\d{0,4}$/u, /^#?\d{0,4}\](?:\s|$)/u],
  [/\berror_code\(0x[0-9a-f]{0,7}$/u, /^[0-9a-f]{0,7}\)/u],
  // Numbers of CPUs, users and tasks
  [/\bCPU:? \d{1,4}$/u, /^\d{1,4} (?:UID|PID): /u],
  [/\bUID: \d{1,9}$/u, /^\d{1,9} PID: /u],
  [/\b[Pp](?:ID|id): ?\d{1,9}$/u, /^\d{1,9},? [Cc]omm: |^\d{1,9} at \S/u],
  [/\bCPU#\d{0,4}$/u, /^\d{1,4} stuck /u],
  [/\bstuck for \d{0,5}$/u, /^\d{0,5}s!/u],
  [/\bmore than \d{0,5}$/u, /^\d{1,5} seconds/u],
  [/ \[[^[\]]{1,64}:\d{0,8}$/u, /^\d{1,8}\]\s*$/u],
  [/\btask \S.{0,60}:\d{1,8}$/u, /^\d{1,8} blocked /u],
  // Words: `PI` and `D: 7`, the release, a file and its line
  [/ (?:P|PI|PID|U|UI|UID)$/u, /^(?:I?D)?: ?\d/u],
  [/ (?:C|Co|Com|Comm)$/u, /^(?:omm|mm|m)?: \S/u],
  [/ \d{1,2}\.\d{1,3}[\w.+~-]{0,80}$/u, /^[\w.+~-]{1,80} #\d/u],
  [/\bat [^\s:]{1,200}$/u, /^[^\s:+]{0,200}\.[chS]:\d{1,7}\b/u],
  [/\bat \S{1,200}\.[chS]:\d{0,6}$/u, /^\d{1,6}(?:!| [\w.]{1,80}\+0x)/u],
  [/ [\w-]{1,64}\([A-Z+-]{0,8}$/u, /^[A-Z+-]{0,8}\)(?: |$)/u],
  // Places
  [/\bRIP: [0-9a-f]{4}:[\w.]{1,200}$/u, /^[\w.]{0,200}\+0x[0-9a-f]{1,8}\/0x/u],
  [/\+0x[0-9a-f]{1,8}\/(?:0x?)?$/u, /^0?x?[0-9a-f]{1,8}(?: \[[\w-]{1,64}\])?\s*$/u],
  [/\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8} \[[\w-]{0,63}$/u, /^(?![0-9a-f]{8,64}\])[\w-]{0,63}\]\s*$/u],
];

// In a log where each line has a prefix, what has none is a rest.
const PREFIXED_ROWS: readonly Row[] = [
  [/^\s*(?:\[<[0-9a-f]{16}>\] )?(?:\? )?[\w.]{1,200}$/u, /^[\w.]{0,200}\+0x[0-9a-f]{1,8}\/0x/u],
  [/\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,7}$/u, /^[0-9a-f]{1,7}(?: \[[\w-]{1,64}\])?\s*$/u],
];

// Numbers that the kernel prints with 16 digits.
const PADDED = /\b(?:at|address:|request at|virtual address)\s{1,4}([0-9a-f]{1,15})$/u;

const MAX_TAIL = 300; // characters of a line

/** Whether a line and what follows on the next one are one word. @param prefixed whether each line of the log has a prefix */
export const isCutWord = (text: string, next: string, prefixed: boolean): boolean => {
  const tail = text.slice(-MAX_TAIL);
  const digits = PADDED.exec(tail)?.[1];
  if (digits !== undefined) {
    const rest = /^[0-9a-f]{1,15}(?![\w.+-])/u.exec(next)?.[0];
    return rest !== undefined && digits.length + rest.length === 16;
  }
  const fits = ([end, start]: Row): boolean => start.test(next) && end.test(tail);
  return ROWS.some(fits) || (prefixed && PREFIXED_ROWS.some(fits));
};
