// Lines of logs that keep one record of the kernel's in several lines, or name its parts: CRI, journalctl -o export and
// verbose, /dev/kmsg, netconsole in fragments, logcat.
// Sources: CRI logging, kubernetes/design-proposals (`TIME STREAM P|F TEXT`); the journal export format, systemd; write_msg()
// of drivers/net/netconsole.c and Documentation/ABI/testing/dev-kmsg, v6.14; logcat of Android, -v threadtime and brief.

import type { TextForm } from './text-form.js';
import { MAX_LINE, type PhysicalLine } from './text-lines.js';

const CRI =
  /^[> ]{0,12}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([FP])(?::\S{1,40})? (.*)$/u;
const FIELD = /^(?:[> ]{0,12}|\t)(_{0,2}[A-Z][A-Z0-9_]{1,62})=(.*)$/u;
const VERBOSE_HEAD = /\[s=[0-9a-f]{4,40}[;\]]/u;
const STAMPED = /^(?:\[[ \d]|<\d)/u;
// A field that is not plain text: its length as eight bytes, little-endian.
const BINARY = /^[^\0\n]{0,3}\0{5,8}/u;
const KMSG = /^(?:\d{1,2}\.\d{1,3}[^\s,;]{0,100},)?\d{1,3},\d{1,12},\d{1,16},[^;\s]{1,90};/u;
const DICTIONARY = /^ [A-Z][A-Z0-9_]{1,40}=/u;
const FRAGMENT = /,ncfrag=(\d{1,6})\/(\d{1,6})(?=[,;])/u;
const LOGCAT =
  /^(?:\d{4}-)?\d\d-\d\d \d\d:\d\d:\d\d\.\d{3,9}(?: [+-]\d{4})?\s{1,6}(?:[a-z]\S{0,20}\s{1,6})?\d{1,7}\s{1,6}\d{1,7} [VDIWEFAS] (.*)$/u;
const LOGCAT_BRIEF = /^[VDIWEFA]\/([^()]{0,60})\(\s{0,6}\d{1,7}\): ?(.*)$/u;
const FORGET = 64; // lines without a field of the journal

export class RecordLines {
  #stream: string | undefined;
  #held: PhysicalLine | undefined; // the begun record of CRI, or fragments
  #total = 0; // bytes of all fragments
  #sinceField = FORGET;
  #kmsg = false;

  /** Whether a record is begun. */
  get pending(): boolean {
    return this.#held !== undefined;
  }

  /** The lines that `next` makes. */
  push(next: PhysicalLine): readonly PhysicalLine[] {
    const { text } = next;
    const kmsg = this.#kmsg;
    this.#kmsg = false;
    if (this.#sinceField < FORGET) this.#sinceField += 1;
    // A stamp or a level: no record.
    if (this.#held === undefined && STAMPED.test(text)) return [next];
    const cri = CRI.exec(text);
    if (cri !== null) return this.#cri(next, cri[1]!, cri[2] === 'P', cri[3]!);
    if (KMSG.test(text)) {
      this.#kmsg = true;
      return this.#fragment(next);
    }
    const before = this.end();
    if (kmsg && DICTIONARY.test(text)) {
      this.#kmsg = true;
      return before;
    }
    return [...before, ...this.#other(next)];
  }

  /** The record that is begun, at the end of the text. */
  end(): readonly PhysicalLine[] {
    const held = this.#held;
    this.#held = undefined;
    this.#total = 0;
    return held === undefined ? [] : [held];
  }

  #other(next: PhysicalLine): readonly PhysicalLine[] {
    const { text } = next;
    const field = FIELD.exec(text);
    if (field?.[1] === 'MESSAGE') {
      this.#sinceField = 0;
      return [this.#as(next, field[2]!, 'journal-fields')];
    }
    const binary = BINARY.test(text);
    if (binary || field?.[1]?.startsWith('_') === true) this.#sinceField = 0;
    if (binary) return [this.#as(next, text.replace(BINARY, ''), 'journal-fields')];
    const journal = this.#sinceField < FORGET;
    if (journal && (field !== null || text === 'MESSAGE' || VERBOSE_HEAD.test(text))) return [];
    const logcat = LOGCAT.exec(text);
    const tagged =
      logcat === null ? LOGCAT_BRIEF.exec(text) : /^([^:]{0,60}?)\s{0,20}: ?(.*)$/u.exec(logcat[1]!);
    if (tagged !== null) {
      const tag = tagged[1]!.trim();
      // What stood before a colon was taken for the name of a program.
      const said = tag === '' || tag === 'kernel' ? tagged[2]! : `${tag}: ${tagged[2]}`;
      return [this.#as(next, said, 'logcat')];
    }
    return [logcat === null ? next : this.#as(next, logcat[1]!, 'logcat')];
  }

  #cri(next: PhysicalLine, stream: string, partial: boolean, said: string): readonly PhysicalLine[] {
    const held = this.#held;
    const joins = held !== undefined && this.#stream === stream && held.text.length + said.length <= MAX_LINE;
    const before = joins ? [] : this.end();
    const line = joins
      ? { ...held, text: `${held.text}${said}`, through: next.number }
      : this.#as(next, said, 'container');
    this.#held = partial ? line : undefined;
    this.#stream = stream;
    return partial ? before : [...before, line];
  }

  // Netconsole sends a long record in pieces, each with its place and the length of the whole.
  #fragment(next: PhysicalLine): readonly PhysicalLine[] {
    const fragment = FRAGMENT.exec(next.text);
    if (fragment === null) return [...this.end(), next];
    const [, at, total] = fragment;
    const text = next.text.replace(FRAGMENT, '');
    const said = text.slice(text.indexOf(';') + 1);
    const held = this.#total === Number(total) && Number(at) > 0 ? this.#held : undefined;
    const joins = held !== undefined && held.text.length + said.length <= MAX_LINE;
    const before = joins ? [] : this.end();
    const line = joins ? { ...held, text: `${held.text}${said}`, through: next.number } : { ...next, text };
    const complete = Number(at) + Buffer.byteLength(said) >= Number(total);
    this.#held = complete ? undefined : line;
    this.#total = complete ? 0 : Number(total);
    return complete ? [...before, line] : before;
  }

  #as(line: PhysicalLine, text: string, form: TextForm): PhysicalLine {
    return { ...line, text, forms: [...(line.forms ?? []), form] };
  }
}
