// Words of people around a line of the kernel: whoever writes about such a line quotes it and goes on.

// The words with which a sentence goes on; no message of the kernel does so at these places.
const GOES_ON = String.raw`(?:is|was|are|were|has|had|means?|meant|and|or|but|so|which|that|this|these|when|where|if|because|since|after|before|as|can|could|may|might|should|would|will|appears?|happens?|occurs?|shows?|came|comes|I|we|it|they|you|my)\b`;
const PUNCTUATION = String.raw`["'\u201d\u2019),.;!]{0,3}\s{1,3}`;

// What the kernel prints up to its end. Sources: check_hung_task(), kernel/hung_task.c, v3.0 to v6.17;
// __warn(), kernel/panic.c; show_fault_oops(), arch/x86/mm/fault.c; v6.14
const WHOLE = [
  String.raw`INFO: task .{1,80} for more than \d{1,9} seconds`,
  String.raw`WARNING: .{1,300}\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8}(?:\(\))?(?: \[[\w-]{1,64}\])?`,
  String.raw`BUG: kernel NULL pointer dereference, address: [0-9a-f]{8,16}`,
  String.raw`BUG: unable to handle page fault for address: [0-9a-f]{8,16}`,
  String.raw`BUG: K[A-Z]{2,4}AN: .{1,80} in [\w.$]{1,80}(?:\+0x[0-9a-f]{1,8}\/0x[0-9a-f]{1,8})?`,
  String.raw`kernel BUG at \S{1,200}:\d{1,7}!?`,
].join('|');

const QUOTED = new RegExp(
  String.raw`^(?:(?:${WHOLE})${PUNCTUATION}${GOES_ON}|INFO: task .{1,80} for more than \d{1,9} seconds${PUNCTUATION}(?!Not tainted|Tainted)\p{L}|Kernel panic - not syncing:? ${GOES_ON})`,
  'u',
);

/** Whether a line that begins as one of the kernel goes on as a sentence about it. @param text without prefixes */
export const isProse = (text: string): boolean => text.length <= 1000 && QUOTED.test(text);
