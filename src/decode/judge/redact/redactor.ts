// Replaces what is private in lines of a text, and leaves what the analysis needs: symbols, registers, code, modules.

import type { PrivateKind, Pseudonyms } from './pseudonyms.js';
import { PRIVATE_WORDS } from './private-words.js';

// Threads of the kernel: their names say what the kernel did. Source: kthread_create() and its users, v2.6.32 to v6.14
const KERNEL_THREAD =
  /^(?:kworker|ksoftirqd|migration|swapper|kthreadd|kswapd|kcompactd|khugepaged|khungtaskd|watchdog|watchdogd|rcu\w*|cpuhp|idle_inject|irq|jbd2|xfsaild|xfs-\w+|kdevtmpfs|kauditd|oom_reaper|writeback|flush-[\w:]+|pdflush|bdi-default|ksmd|kblockd|kintegrityd|scsi_eh_\d+|md\d+_\w+|loop\d+|nfsd|lockd|rpciod|kmemleak|kcryptd|dmcrypt_write|btrfs-[\w-]+|events|khelper|kondemand|ata_sff|kjournald|ext4-[\w-]+|stopper|cfg80211|kvm-\w+|vhost-\d+|<none>|init)(?:[/:+-]\S{0,30})?$/u;

// Programs, and hosts that are no names.
const PLAIN: ReadonlySet<string> = new Set([
  'localhost',
  'kernel',
  '(none)',
  'syslog',
  'root',
  'user',
  'null',
  'true',
  'false',
]);

// Paths that every machine has.
const COMMON = /^\/(?:proc|sys|dev(?!\/mapper)|lib|lib64|usr|bin|sbin|boot|etc|vmlinux)(?:\/|$)/u;

// The part of a path that is of the kernel's own tree.
const IN_TREE =
  /\/((?:arch|block|certs|crypto|drivers|fs|include|init|io_uring|ipc|kernel|lib|mm|net|rust|samples|scripts|security|sound|tools|virt)\/[\w./+-]{1,240}\.[chSs](?::\d{1,7}){0,2})$/u;

// An absolute path of two or more parts, where a word begins.
const PATH = /(?<=^|[\s"'(=,;|])(?<name>\/[A-Za-z0-9_.@+~-]{1,100}(?:\/[A-Za-z0-9_.@+~:-]{1,100}){1,40})/gu;

/** Whether a name is that of a thread of the kernel. */
export const isKernelThread = (name: string): boolean => KERNEL_THREAD.test(name);

const keeps = (kind: PrivateKind, name: string): boolean =>
  PLAIN.has(name) ||
  (kind === 'task' && isKernelThread(name)) ||
  (kind === 'ip' && /^(?:0\.0\.0\.0|127\.0\.0\.1|255\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1?)$/u.test(name));

/** Lines that are longer are taken in parts. */
const MAX_PART = 16_384;

export class Redactor {
  readonly #names: Pseudonyms;

  constructor(names: Pseudonyms) {
    this.#names = names;
  }

  /** A line without its end, or several. */
  line(text: string): string {
    if (text.length <= MAX_PART) return this.#part(text);
    const parts: string[] = [];
    for (let from = 0; from < text.length; from += MAX_PART)
      parts.push(this.#part(text.slice(from, from + MAX_PART)));
    return parts.join('');
  }

  #part(text: string): string {
    let line = text;
    for (const { kind, hint, pattern } of PRIVATE_WORDS) {
      if (line.includes(hint))
        line = this.#replace(line, pattern, (name, before) => {
          // After `host: ` any word may stand.
          if (!/[:=]\s$/u.test(before)) this.#note(kind, name);
          return this.#of(kind, name);
        });
    }
    return line.includes('/') ? this.#replace(line, PATH, (name) => this.#path(name)) : line;
  }

  #note(kind: PrivateKind, name: string): void {
    if (keeps(kind, name)) return;
    const at = kind === 'user' ? name.indexOf('@') : -1;
    if (at < 0) return this.#names.note(kind, name);
    this.#names.note('user', name.slice(0, at));
    this.#names.note('host', name.slice(at + 1));
  }

  #of(kind: PrivateKind, name: string): string {
    if (keeps(kind, name)) return name;
    const at = kind === 'user' ? name.indexOf('@') : -1;
    if (at < 0) return this.#names.of(kind, name);
    return `${this.#names.of('user', name.slice(0, at))}@${this.#names.of('host', name.slice(at + 1))}`;
  }

  #path(path: string): string {
    if (COMMON.test(path)) return path;
    const home = /^\/(?:home|Users)\/[^/]{1,64}/u.exec(path)?.[0] ?? '';
    const tree = IN_TREE.exec(path)?.[1];
    if (tree !== undefined) return `${home}/${tree}`;
    const rest = path.slice(home.length);
    return rest === '' ? path : `${home}/${this.#names.of('path', rest.slice(1))}`;
  }

  #replace(line: string, pattern: RegExp, made: (name: string, before: string) => string): string {
    return line.replaceAll(pattern, (...found: unknown[]) => {
      const whole = found[0] as string;
      const { name } = found.at(-1) as { name: string };
      // What follows the name is only looked at: it ends what was found.
      const before = whole.slice(0, whole.length - name.length);
      return `${before}${made(name, before)}`;
    });
  }
}
