// Lines of the kernel that a tool put together: decode_stacktrace.sh loses the line end of a `RIP:` line that it changed, and
// of the last entry of a trace before one.

/** A `Code:` line after a `RIP:` line; the bytes make it unmistakable. */
const CODE = /^\s*RIP: .{1,600}? (?=Code: (?:[0-9a-f]{2} |<[0-9a-f]{2}> ){2})/u;
/** A `RIP:` line after an entry of a trace, of which nothing is left but a place in the source. */
const RIP =
  /^\s*(?:\? )?[A-Za-z_][\w.$-]{0,255}(?:\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8})? ?(?:\([^()]{1,300}\))? {0,2}(?=RIP: {1,2}[0-9a-f]{4}:)/u;

/** The lines that a text holds: itself in most cases. @param text without prefixes */
export const unglue = (text: string): readonly string[] => {
  const at = text.includes('RIP: ') ? (CODE.exec(text) ?? RIP.exec(text)) : null;
  return at === null || at[0].trim() === ''
    ? [text]
    : [text.slice(0, at[0].length).trimEnd(), text.slice(at[0].length)];
};
