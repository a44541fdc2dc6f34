// How a text was carried, as words that a report has.

/** What was taken off the lines of a text, or done to them, before they were read. */
export type TextForm =
  | 'levels'
  | 'timestamps'
  | 'wall-clock'
  | 'printk-caller'
  | 'syslog'
  | 'short-monotonic'
  | 'quoted'
  | 'tab-indented'
  | 'nbsp'
  | 'wrapped'
  | 'interleaved'
  | 'escaped'
  // What logs of containers and of clouds, and journalctl, put around the text.
  | 'json'
  | 'container'
  | 'journal-fields'
  | 'logcat'
  // The parts of a dump in pstore, put into the order of time.
  | 'parts'
  // A prefix or a suffix that no table has and most lines shared.
  | 'shared-prefix'
  | 'shared-suffix'
  // Line ends that were written as characters, or lost.
  | 'escaped-line-ends'
  | 'one-line';
