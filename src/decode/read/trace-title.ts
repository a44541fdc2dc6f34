// The lines that open the traces of checkers, of lockdep and of kmemleak: they end with a colon, or name the first place.
// Sources: print_track(), mm/slub.c, v2.6.32 to v6.14; kfence_report_error() and kfence_print_object(),
// mm/kfence/report.c, v5.12 to v6.14; print_report(), kernel/kcsan/report.c, v5.8 to v6.14; mm/kmsan/report.c, v6.1;
// print_circular_bug() and its siblings, kernel/locking/lockdep.c, v3.0 to v6.14; print_unreferenced(), mm/kmemleak.c;
// print_address_description(), mm/kasan/report.c; __dump_page_owner(), mm/page_owner.c, v5.13.

const ROWS: readonly RegExp[] = [
  /^(?:INFO: )?(?:Allocated|Freed) in \S{1,200} age=\d/u,
  /^(?:Allocated|Freed):$/u,
  /^(?:kfence-#\d{1,6} \[.{1,160}\] )?(?:allocated|freed) by task \d/u,
  /^(?:Out-of-bounds|Use-after-free|Invalid) (?:read|write|free) .{1,120}:$/u,
  /^Corrupted memory at 0x[0-9a-f]{1,16} .{1,200}:$/u,
  /^(?:race at unknown origin, with |assert no (?:accesses|writes) to )?(?:read|write|read-write|0x)\b.{1,120} by (?:task|interrupt)\b.{0,60} on cpu \d{1,5}:$/u,
  /^(?:Uninit was (?:stored|created)|Local variable) .{1,120}:$/u,
  /^-> #\d{1,4} \(.{1,200}:$/u,
  /^\.\.\. which became \S{1,60} at:$/u,
  /^\{[^{}]{1,60}\} state was registered at:$/u,
  /^(?:(?:IN|INITIAL)\b[\w -]{1,40}|[A-Z_]{3,24}-ON-[A-Z]) at:$/u,
  /^\.\.\. (?:acquired|key {1,12}) ?at:/u,
  /^backtrace(?: \(crc [0-9a-f]{1,8}\))?:$/u,
  /^Preemption disabled at:$/u,
  /^.{1,160}(?:in frame|created by|belongs to the variable):$/u,
  /^page last (?:allocated|free)\b.{0,300}(?:trace:|ts \d{1,20}.{0,60})$/u,
];

/** The words of such a line without its colon; `undefined` for other lines. @param text without prefixes */
export const findCheckerTitle = (text: string): string | undefined => {
  const line = text.trim();
  const last = line.at(-1);
  if (last !== ':' && !line.includes(' age=') && !/^(?:\.\.\. |kfence-|page last )/u.test(line))
    return undefined;
  if (line.length > 500 || !ROWS.some((pattern) => pattern.test(line))) return undefined;
  return last === ':' ? line.slice(0, -1) : line;
};
