// Takes the kernel's text out of lines of JSON: logs of containers and of clouds, `journalctl -o json` and `json-pretty`,
// `dmesg --json`, answers of services. Which string holds it is told by known keys, or by a line of a report in it.
// Sources: the json-file driver of Docker; journalctl(1) and dmesg(1); the log entries of Loki, CloudWatch, Google Cloud
// and Azure; the data model of OpenTelemetry.

import { beginsReportLine, findBeginning } from './kernel-beginnings.js';
import { type JsonString, jsonStrings } from './json-strings.js';
import type { TextForm } from './text-form.js';
import { MAX_LINE, type PhysicalLine } from './text-lines.js';

// Most telling first.
const KEYS = [
  'MESSAGE',
  'log',
  'message',
  'msg',
  'textPayload',
  '@message',
  'line',
  'SyslogMessage',
  'body.stringValue',
  'short_message',
  '_raw',
  'logMessage',
  'text',
  'Message',
  'body',
  'Output',
  'output',
  'contents',
];

const JSON_LINE =
  /"[\w.@-]{1,64}" {0,4}: {0,4}["[]|^\s{0,40}(?:[[{]\s{0,8}){1,8}"|\],? {0,4}\["|^\s{0,40}(?:- )?"/u;
const LOGFMT = /(?:^|\s)(?:msg|message|log|MESSAGE)=("(?:[^"\\]|\\.){0,16000}"?)/u;
// The rest of a document between the strings: brackets, numbers, other keys.
const BETWEEN =
  /^\s*(?:[{}[\],]\s*)+$|^\s*"[^"]{1,80}"\s{0,8}:\s{0,8}\S.{0,2000}$|^\s*"[^"]{1,80}"\s{0,8}:\s*$/u;
const FORGET = 64; // lines without JSON after which the text is no longer taken for JSON
export const MAX_DEPTH = 3; // of JSON in strings of JSON
const FORMS: readonly TextForm[] = ['json'];

const lastKey = (key: string): string => key.slice(key.lastIndexOf('.') + 1);
const isText = ({ text }: JsonString): boolean => /[A-Za-z<[]/u.test(text);

export class JsonLines {
  #key: string | undefined; // the one that held the kernel's text
  #since = FORGET; // lines since the last one of JSON
  #held: PhysicalLine | undefined;
  #bytes = false; // an array of bytes that is printed over many lines is held

  /** Whether the next line may continue one that is kept. */
  get pending(): boolean {
    return this.#held !== undefined;
  }

  /** The lines that `next` makes. */
  push(next: PhysicalLine): readonly PhysicalLine[] {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return this.#take(next);
    // Quoted again where the mail was wrapped; a new object begins no rest of a string.
    const rest = next.text.replace(/^[> |]{1,12}(?=\S)/u, '');
    const other = /^\s{0,40}(?:"[\w.@-]{1,64}" {0,4}:|\{)/u.test(rest) && !this.#bytes;
    if (other || held.text.length + rest.length > MAX_LINE)
      return [...this.#take({ ...held, part: true }), ...this.#take(next)];
    const gap = this.#bytes || /\s\r?$/u.test(held.text) ? '' : ' ';
    const text = `${held.text.replace(/\r$/u, '')}${gap}${rest}`;
    return this.#take({ ...held, text, through: next.through ?? next.number });
  }

  /** The line that is kept, at the end of the text. */
  end(): readonly PhysicalLine[] {
    const held = this.#held;
    this.#held = undefined;
    return held === undefined ? [] : this.#take({ ...held, part: true });
  }

  #take(line: PhysicalLine): readonly PhysicalLine[] {
    if (this.#since < FORGET) this.#since += 1;
    let { text } = line;
    if (text.includes('&quot;')) text = text.replaceAll('&quot;', '"');
    if (!text.includes('"')) return this.#between(line);
    const logfmt = LOGFMT.exec(text);
    if (logfmt !== null) return this.#lines(line, [jsonStrings(logfmt[1]!)[0]?.text ?? '']);
    if (/"MESSAGE"\s{0,8}:\s{0,8}\[[\d,\s]{0,16000}$/u.test(text) && line.part !== true) {
      this.#held = { ...line, text };
      this.#bytes = true;
      return [];
    }
    this.#bytes = false;
    if (!JSON_LINE.test(text)) return this.#between(line);
    const strings = jsonStrings(text);
    const key = this.#choose(strings);
    if (key === undefined) return this.#between(line);
    const chosen = strings.filter((one) => (one.key === key || lastKey(one.key) === key) && isText(one));
    if (
      chosen.at(-1)?.closed === false &&
      strings.at(-1) === chosen.at(-1) &&
      !line.cut &&
      line.part !== true
    ) {
      this.#held = { ...line, text };
      return [];
    }
    return this.#lines(
      line,
      chosen.map((one) => one.text),
    );
  }

  // What is not text of a document is dropped, so that it does not stand between the lines of a report.
  #between(line: PhysicalLine): readonly PhysicalLine[] {
    return this.#since < FORGET && BETWEEN.test(line.text) && !beginsReportLine(line.text) ? [] : [line];
  }

  #choose(strings: readonly JsonString[]): string | undefined {
    const telling = strings.filter(({ text }) => findBeginning(text) !== undefined);
    const known = (all: readonly JsonString[]): string | undefined =>
      KEYS.find((key) => all.some((one) => one.key === key || lastKey(one.key) === key));
    const key = known(telling) ?? telling[0]?.key;
    if (key !== undefined) this.#key = key;
    if (
      this.#key !== undefined &&
      strings.some((one) => one.key === this.#key || lastKey(one.key) === this.#key)
    )
      return this.#key;
    return known(strings);
  }

  #lines(line: PhysicalLine, texts: readonly string[]): readonly PhysicalLine[] {
    this.#since = 0;
    const forms = [...(line.forms ?? []), ...FORMS];
    return texts
      .flatMap((text) => this.#nested(text, 1))
      .flatMap((text) => text.replace(/\n$/u, '').split('\n'))
      .map((text) => ({ ...line, text, forms }));
  }

  #nested(text: string, depth: number): string[] {
    if (depth >= MAX_DEPTH || !/^\s{0,8}\{\s{0,8}"/u.test(text)) return [text];
    const strings = jsonStrings(text);
    const key = this.#choose(strings);
    return strings.filter((one) => one.key === key).flatMap((one) => this.#nested(one.text, depth + 1));
  }
}
