// Where the lines of checkers, of lockdep and of detectors are wrapped: what a line lacks at its end, and what the next one
// begins with.

type Row = readonly [line: RegExp, next: RegExp, joint: '' | ' '];

const PLACE = /^(?:\[<|[A-Za-z_][\w.$]{0,200}(?:\+0x| \S{1,250}:\d))/u;

// One row for each place where a mail program finds a blank. A pattern of a line is anchored at its end.
const ROWS: readonly Row[] = [
  // `ffff… (&f->lock){+.+.}-{3:3}, at: frob+0x12/0x40`
  [/^(?:#\d{1,4}: )?[0-9a-f]{16}$/u, /^\(\S.{0,200}\)\{/u, ' '],
  [/\)\{[^{}]{1,16}\}-$/u, /^\{\d{1,2}:\d{1,2}\}/u, ''],
  [/\)\{[^{}]{1,16}\}(?:-\{\d{1,2}:\d{1,2}\})?,?$/u, /^at: ?\S?/u, ' '],
  [/\)\{[^{}]{1,16}\}(?:-\{\d{1,2}:\d{1,2}\})?,? at:$/u, PLACE, ' '],
  [/^ODEBUG: .{1,200} hint:$/u, PLACE, ' '],
  [/^ODEBUG: .{1,80} object$/u, /^(?:type|hint): /u, ' '],
  [/^ODEBUG: .{1,200} type:$/u, /^\S{1,80}(?: hint: .*)?$/u, ' '],
  // KASAN
  [/^BUG: KASAN: .{1,300} at(?: addr)?$/u, /^(?:addr )?[0-9a-f]{8,16}$/u, ' '],
  [/^BUG: KASAN: .{1,300}[^:]$/u, /^at addr [0-9a-f]{8,16}$/u, ' '],
  [/^BUG: K[A-Z]{2,5}: [\w -]{1,60} in$/u, /^[A-Za-z_]/u, ' '],
  [/^(?:Read|Write|Free) of .{0,80} by(?: task)?$/u, /^(?:task )?\S{1,64}\/\d/u, ' '],
  [/^(?:Read|Write) of size \d{1,9} at addr$/u, /^[0-9a-f]{8,16} by task /u, ' '],
  [/^The buggy address belongs to the object at$/u, /^[0-9a-f]{8,16}$/u, ' '],
  [/^which belongs to the cache \S{1,80}(?: of)?(?: size)?$/u, /^(?:of )?(?:size )?\d{1,9}$/u, ' '],
  [/^The buggy address is located \d{1,9} bytes (?:inside|to the (?:left|right))$/u, /^of\b/u, ' '],
  [/-byte region \[[0-9a-f]{8,16},$/u, /^[0-9a-f]{8,16}\)/u, ' '],
  // KFENCE
  [/^kfence-#\d{1,6}\b.{1,200}[^:\]]$/u, /^(?:0x|size=|cache=|allocated |by task |task \d|\d{1,9}:$)/u, ' '],
  [/^kfence-#\d{1,6} \[.{1,200}\]$/u, /^allocated by /u, ' '],
  [/^(?:Corrupted memory|Out-of-bounds|Use-after-free|Invalid) .{0,100}[^:]$/u, /^(?:\(|\[ 0x|\. |\]|!|0x|at |of |in kfence|kfence-|left |right |\d{1,9}B )/u, ' '],
  // KCSAN
  [/^(?:race at|read|write|read-write)\b.{0,100} of \d{1,9} bytes(?: by)?(?: task \d{1,9}| interrupt| task)?(?: on)?(?: cpu)?$/u, /^(?:by |on |cpu |\d{1,9}(?: on)?\b|task |interrupt )/u, ' '],
  // UBSAN
  [/^(?:index|shift exponent|load of value|-?\d{1,40} [-+*] )\b.{0,120}(?: for| in)? (?:\d{1,4}-bit )?type$/u, /^'/u, ' '],
  // SLUB
  [/@offset=\d{1,9}\. First byte 0x[0-9a-f]{1,2}(?: instead)?(?: of)?$/u, /^(?:instead |of |0x)/u, ' '],
  // Lists
  [/^list_(?:add|del) (?:corruption|double add)\b(?:.{0,200}[^.)]|\.)$/u, /^(?:next|prev|should|be|but|was|is|new=|\(|[0-9a-f]{16}|NULL|LIST_)/u, ' '],
  [/^list_(?:add|del) corruption\b.{0,200}\.$/u, /^\((?:next|prev)=/u, ' '],
  // Hardened kernels
  [/^(?:usercopy: )?(?:Bad or missing usercopy|[Kk]ernel memory (?:exposure|overwrite)).{0,200}[^!]$/u, /^(?:whitelist|[Kk]ernel|memory|attempt|detected|from|to|SL[AU]B|object|process|'|\(|offset|size|\d{1,20})/u, ' '],
  [/^(?:Kernel panic - not syncing: )?stack-protector: .{0,60}$/u, /^(?:Kernel stack|stack is|is corrupted|corrupted in|in:|[A-Za-z_][\w.$]{0,200}\+0x)/u, ' '],
  [/^\w{1,40}: detected field-spanning .{0,300}[^)]$/u, /^(?:write|read|\(size|of|single|field|"|at|\S{1,250}:\d|\d{1,9}\)|size)/u, ' '],
  // Memory
  [/^page: ?\S{1,20} (?:ref)?count:.{0,200}$/u, /^(?:mapcount|mapping|index|pfn|compound_mapcount):/u, ' '],
  [/: page allocation failure[:.].{0,300}[,)]$/u, /^(?:order|mode|nodemask|cpuset|mems_allowed)[:=]/u, ' '],
  [/ invoked oom-killer:.{0,300}[,:]$/u, /^(?:gfp_mask|nodemask|order|oom_adj|oom_score_adj)=/u, ' '],
  [/^(?:Memory cgroup out|Out) of memory.{0,300}$/u, /^(?:Killed|Kill|process|\d{1,9} \(|\(|score|total-vm|anon-rss|file-rss|shmem-rss|UID|pgtables|oom_score_adj|\S{1,64}\) total-vm)/u, ' '],
  [/^oom-kill:constraint=.{1,400},task=[^,]{0,64}$/u, /^\S{0,64},pid=\d/u, ' '],
  // Detectors
  [/^INFO: task .{1,80} blocked(?: for)?(?: more)?(?: than)?(?: \d{1,9})?$/u, /^(?:for |more |than |\d{1,9} seconds|seconds)/u, ' '],
  [/detected (?:expedited )?stalls on CPUs\/tasks:(?: \{.{0,200})?$/u, /^(?:\{|\}|\d{1,5}-\S{1,8} |P\d)/u, ' '],
  [/^(?:WARNING|INFO): possible (?:circular|recursive|irq lock inversion)(?: locking)?(?: dependency)?$/u, /^(?:locking|dependency|detected)\b/u, ' '],
]; // prettier-ignore

/**
 * The text between a line of a checker and the rest of it; `undefined` where `next` is another line.
 *
 * @param next without prefixes and without blanks at its start
 */
export const checkerJoint = (text: string, next: string): '' | ' ' | undefined => {
  if (text.length > 600) return undefined;
  const line = text.trim();
  return ROWS.find(([end, start]) => start.test(next) && end.test(line))?.[2];
};
