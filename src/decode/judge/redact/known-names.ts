// Names of hosts and users that were found where they must be stand elsewhere, too: in messages of any program.

import type { Pseudonyms } from './pseudonyms.js';

const MOST_NAMES = 200;
const SHORTEST = 3; // characters

// Words that a message may have and that are names of machines, too.
const EVERYDAY =
  /^(?:the|not|and|for|from|with|error|failed|device|system|systemd|memory|server|client|node|host|hosts|linux|debian|ubuntu|fedora|redhat|centos|suse|arch|intel|amd|test|dev|prod|mail|web|www|local|admin|guest|user|users|group|task|cpu|pid|comm|name|mem|disk|net|usb|pci|acpi|irq|nmi|bug|oops|call|trace|code|tainted|modules|linked|hardware|kernel|process|thread|read|write|access|address|page|fault|mode|bios|home)$/iu;

const literal = (text: string): string => text.replaceAll(/[\^$\\.*+?()[\]{}|/]/gu, String.raw`\$&`);

const isName = (name: string): boolean =>
  name.length >= SHORTEST &&
  name.length <= 120 &&
  /^[A-Za-z][\w.-]*\w$/u.test(name) &&
  !/^[a-f]*\d[\da-f]*$/iu.test(name) && // a number
  !EVERYDAY.test(name);

/** Every whole word of a text. */
export const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(text.toLowerCase().match(/[a-z][\w-]{0,120}/gu) ?? []);

/**
 * The text with other names wherever a known one is a whole word, in capitals or not; of a host also the part before the
 * first dot.
 *
 * @param kept words in small letters that the analysis needs
 */
export const withoutKnown = (text: string, names: Pseudonyms, kept: ReadonlySet<string>): string => {
  const made = new Map<string, string>();
  const add = (name: string, stand: string): void => {
    const key = name.toLowerCase();
    if (made.size < MOST_NAMES && isName(name) && !kept.has(key) && !made.has(key)) made.set(key, stand);
  };
  for (const kind of ['host', 'user'] as const)
    for (const name of names.everywhere(kind)) add(name, names.of(kind, name));
  for (const name of names.everywhere('host')) {
    const short = name.slice(0, name.indexOf('.'));
    if (name.includes('.')) add(short, names.of('host', name));
  }
  if (made.size === 0) return text;
  const longest = [...made.keys()].toSorted((one, other) => other.length - one.length);
  const pattern = new RegExp(`(?<![\\w-])(?:${longest.map(literal).join('|')})(?![\\w-])`, 'giu');
  return text.replaceAll(pattern, (found) => {
    const stand = made.get(found.toLowerCase()) ?? found;
    return names.fit(stand, found);
  });
};
