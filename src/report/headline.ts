// The headline of a run: one sentence of what was done wrong, to what, and what came of it.

import { hex } from '../base/address.js';
import { byteText, plural } from '../base/words.js';
import type { Case } from '../reading/case.js';
import type { Finding } from '../reading/findings.js';
import { type LocatedOutOfBounds, isUseAfterFree } from '../reading/out-of-bounds.js';
import { Moments } from '../reading/moments.js';
import { sourceAt } from '../kernel/symbols.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import type { Link } from '../why/link.js';
import type { PageWord } from './page-data.js';
import type { Subject } from './subject.js';

const say = (text: string): PageWord => ({ text });
const code = (text: string): PageWord => ({ text, is: 'code' });
const hit = (text: string): PageWord => ({ text, is: 'hit' });

const functionOf = (location: string): string => /^(.+)\+0x[0-9a-f]+$/u.exec(location)?.[1] ?? location;

/** `ipc/shm.c:205`; the place in code where its line is not known. */
const lineOf = (run: Case, at: string, file: string, line: number): string => {
  const address = run.symbols.parseLocation(at);
  const found = address === undefined ? undefined : run.symbols.findLocation(address);
  const known = found && sourceAt(found.symbol, found.offset);
  return known !== undefined && /:\d+$/u.test(known)
    ? known
    : `${file.replace(/^.*\/linux-[^/]*\//u, '')}:${line}`;
};

// Where the last instruction was; a jump to nowhere is told of the code that jumped.
const lastOf = (run: Case): string => {
  const { recording, symbols } = run;
  for (let at = recording.instructions - 1; at >= Math.max(0, recording.instructions - 2); at -= 1) {
    const rip = recording.registersAt(at)[REGISTER_INDEX.rip]!;
    if (symbols.findLocation(rip) !== undefined) return symbols.formatLocation(rip);
  }
  return 'the code';
};

/** What came of it: `shm_close ended in BUG at ipc/shm.c:205`. */
const endWords = (run: Case): PageWord[] => {
  const { outcome } = run.recording.header;
  switch (outcome.kind) {
    case 'bug':
      return [
        code(functionOf(outcome.at)),
        say(' ended in '),
        code(`BUG at ${lineOf(run, outcome.at, outcome.file, outcome.line)}`),
      ];
    case 'fault': {
      if (outcome.trap !== undefined)
        return [code(functionOf(outcome.at)), say(` ended in ${outcome.trap} at `), code(outcome.at)];
      if (outcome.access === 'fetch')
        return [
          code(functionOf(lastOf(run))),
          say(' went to '),
          code(outcome.address),
          say(', where no code is'),
        ];
      const bytes = plural(outcome.size, 'byte');
      return [
        code(functionOf(outcome.at)),
        say(` faulted when it ${outcome.access === 'write' ? 'wrote' : 'read'} ${bytes} at `),
        code(outcome.address),
      ];
    }
    case 'budget':
      return [
        code(functionOf(outcome.at)),
        say(` was still running after ${plural(outcome.instructions, 'instruction')}`),
      ];
    case 'returned':
      return [say('nothing stopped the run: it returned '), code(outcome.value)];
  }
};

/** How the run ended, in a few words: `BUG at ipc/shm.c:205, in shm_close+0x3e`. */
export const endText = (run: Case): string => {
  const { outcome } = run.recording.header;
  switch (outcome.kind) {
    case 'bug':
      return `BUG at ${lineOf(run, outcome.at, outcome.file, outcome.line)}, in ${outcome.at}`;
    case 'fault':
      return outcome.trap === undefined
        ? `Fault: ${outcome.access} of ${plural(outcome.size, 'byte')} at ${outcome.address}, in ${outcome.access === 'fetch' ? lastOf(run) : outcome.at}`
        : `${outcome.trap[0]!.toUpperCase()}${outcome.trap.slice(1)}, in ${outcome.at}`;
    case 'budget':
      return `No end after ${plural(outcome.instructions, 'instruction')}, in ${outcome.at}`;
    case 'returned':
      return `Returned ${outcome.value}`;
  }
};

const nameOr = (name: string | null | undefined, size: number, cache: string): PageWord =>
  name == null || name === '' ? say(`an object of ${plural(size, 'byte')} (${cache})`) : code(name);

// What an access hit: the field, the object, or what lies there in place of one.
const victimWords = ({ victim, now }: LocatedOutOfBounds): PageWord[] => {
  const { kind, object, cache, field } = victim;
  if (field !== null) return [hit(field)];
  if (object !== null && kind !== 'slack') return [hit(object)];
  if (kind === 'object' && now !== undefined)
    return [hit(`an object of ${plural(now.requested, 'byte')} (${cache ?? now.cache})`)];
  if (kind === 'slack') return [say('the unused rest of its slot')];
  if (kind === 'free') return [say('a free object of '), code(cache ?? 'the heap')];
  if (kind === 'management') return [say("the slab's own notes of "), code(cache ?? 'the heap')];
  return [say('memory that is not mapped')];
};

const writeWords = (run: Case, access: LocatedOutOfBounds): PageWord[] => {
  const changed = run.damage.all.filter(({ instruction }) => instruction === access.instruction);
  const [first] = changed;
  if (first === undefined) return [say(` wrote ${plural(access.size, 'byte')} in `)];
  const bytes: PageWord[] = [
    { text: byteText(first.new), is: 'new' },
    say(' over '),
    { text: byteText(first.old), is: 'old' },
  ];
  return changed.length === 1
    ? [say(' wrote '), ...bytes, say(' in ')]
    : [
        say(` changed ${changed.length} bytes, the first from `),
        bytes[2]!,
        say(' to '),
        bytes[0]!,
        say(', in '),
      ];
};

const freedWords = (run: Case, freed: number | undefined): PageWord[] => {
  const by = freed === undefined ? null : new Moments(run.recording, run.symbols).ofEvent(freed).at;
  return by === null ? [say(' after it was freed')] : [say(' after '), code(by), say(' had freed it')];
};

const accessWords = (run: Case, access: LocatedOutOfBounds): PageWord[] => {
  const { owner, now, size } = access;
  if (isUseAfterFree(access)) {
    const verb =
      access.access === 'write' ? writeWords(run, access) : [say(` read ${plural(size, 'byte')} of `)];
    if (owner === undefined)
      return [code(access.by), ...verb, say('a free object at '), code(access.address)];
    const object = nameOr(owner.name, owner.requested, owner.cache);
    const there = now === undefined || now === owner ? undefined : nameOr(now.name, now.requested, now.cache);
    return [
      code(access.by),
      ...verb,
      object,
      ...freedWords(run, owner.freed),
      ...(there === undefined ? [] : [say(', where '), { ...there, is: 'hit' } as const, say(' lies now')]),
    ];
  }
  const of = owner === undefined ? undefined : nameOr(owner.name, owner.requested, owner.cache);
  const verb =
    access.access === 'write' ? writeWords(run, access) : [say(` read ${plural(size, 'byte')} in `)];
  return [
    code(access.by),
    ...verb,
    ...victimWords(access),
    ...(of === undefined ? [say(', out of bounds')] : [say(', out of bounds of '), of]),
  ];
};

const findingWords = (run: Case, finding: Finding): PageWord[] => {
  const { object, now, address, offset } = finding;
  const who = finding.at === null ? say(`Step "${finding.step}"`) : code(finding.at);
  const name = object === null ? undefined : nameOr(object.name, object.requested, object.cache);
  switch (finding.kind) {
    case 'double-free':
      return [
        who,
        say(' freed '),
        name ?? code(address ?? 'an object'),
        say(' a second time'),
        ...(now === null
          ? []
          : [say(', and with it '), { ...nameOr(now.name, now.requested, now.cache), is: 'hit' } as const]),
      ];
    case 'invalid-free':
      return name === undefined
        ? [who, say(' freed '), code(address ?? 'an address'), say(', which is no object of the heap')]
        : now === null
          ? [who, say(` freed the address ${offset ?? 0} bytes into `), name, say(', which is not its start')]
          : [who, say(' freed '), nameOr(now.name, now.requested, now.cache), say(' by a pointer to '), name];
    case 'uninitialised': {
      const place =
        address === null ? undefined : run.objects.nameOf(BigInt(address), finding.instruction, true);
      const what =
        place === undefined ? (name === undefined ? say('bytes of the stack') : name) : code(place);
      return [who, say(' went by '), what, say(', which nobody had written')];
    }
    case 'memory-leak':
      return [
        who,
        say(' allocated '),
        name ?? say('an object'),
        say(', which nobody freed and nothing points to'),
      ];
    default:
      return [say(finding.says.replace(/\.$/u, ''))];
  }
};

const causeWords = (link: Link): PageWord[] => {
  const { at, name, value, by, inControl } = link;
  const place = code(name);
  if (by === 'missing write')
    return [
      code(at),
      say(' had not written '),
      place,
      say(inControl === true ? ', as it had in the control' : ''),
    ];
  if (value === undefined) return [say(link.says)];
  const was = [place, say(' was '), code(hex(value))];
  if (at === 'the start') return [...was, say(' from the start')];
  return at.startsWith('step "') ? [...was, say(`, as ${at} left it`)] : [...was, say(' at '), code(at)];
};

const capital = ([first, ...rest]: readonly PageWord[]): PageWord[] =>
  first === undefined || first.is !== undefined
    ? [...(first === undefined ? [] : [first]), ...rest]
    : [{ ...first, text: first.text.charAt(0).toUpperCase() + first.text.slice(1) }, ...rest];

/** What a wrong access or free did, without what came of it. */
export const deedWords = (run: Case, subject: Subject): PageWord[] =>
  subject.kind === 'access'
    ? accessWords(run, subject.access)
    : subject.kind === 'finding'
      ? findingWords(run, subject.finding)
      : causeWords(subject.link);

/** The sentence. */
export const headlineOf = (run: Case, subject: Subject | undefined): PageWord[] => {
  const { outcome } = run.recording.header;
  const end = endWords(run);
  if (subject !== undefined) return capital([...deedWords(run, subject), say(', and '), ...end, say('.')]);
  if (outcome.kind !== 'returned') return capital([...end, say('.')]);
  const ran = plural(run.recording.instructions, 'instruction');
  return [say(`Nothing went wrong: ${ran} ran, and the run returned `), code(outcome.value), say('.')];
};
