// The story of a run in scenes: each step of its scenario, each branch and wrong access of the chain of causes, other
// findings, the trap, the end.

import type { Case } from '../reading/case.js';
import type { Finding } from '../reading/findings.js';
import { tellEvent } from '../reading/story.js';
import { decodeOne, usesOf } from '../x86/disasm.js';
import { fetchCode } from '../x86/fetch.js';
import { REGISTER_INDEX } from '../x86/registers.js';
import type { RecordedStep } from '../recording/recording.js';
import type { Link } from '../why/link.js';
import type { Why } from '../why/why.js';
import { deedWords, endText } from './headline.js';
import type { PageBranch, PageScene, PageWord } from './page-data.js';
import { Slots } from './slots.js';
import { accessStrip, findingStrip } from './strip.js';
import { type Subject, accessAt } from './subject.js';

/** Most scenes, and most lines of what a step did. */
export const MAX_SCENES = 200;
const MAX_DID = 8;

const ARGUMENTS = ['rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9'] as const;

/** Findings that are scenes of their own, whether the chain of causes has them or not. */
const TOLD: readonly Finding['kind'][] = ['use-after-free', 'double-free', 'invalid-free', 'memory-leak'];

const plain = (text: string): PageWord[] => [{ text }];

// A name at its start keeps its spelling.
const sentence = (text: string): string => {
  const whole = /^[a-z]+ (?![=(])/u.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text;
  return /[.!?]$/u.test(whole) ? whole : `${whole}.`;
};

class Scenes {
  readonly #slots: Slots;
  readonly #steps: readonly RecordedStep[];
  readonly #made: PageScene[] = [];

  constructor(
    private readonly run: Case,
    private readonly subject: Subject | undefined,
    private readonly why: Why | undefined,
  ) {
    this.#steps = run.recording.header.steps;
    this.#slots = new Slots(run, aboutOf(subject));
  }

  #stepOf(at: number): number {
    const found = this.#steps.findIndex(({ from, to }) => at >= from && at < to);
    return found < 0 ? this.#steps.length - 1 : found;
  }

  // The events that a state has.
  #eventsAt(at: number): number {
    const { events } = this.run.recording.header;
    const next = events.findIndex((event) => event.at > at);
    return next < 0 ? events.length : next;
  }

  #registersOf(at: number): string[] {
    const { recording } = this.run;
    if (at >= recording.instructions) return [];
    const address = recording.registersAt(at)[REGISTER_INDEX.rip]!;
    const bytes = fetchCode(this.run.stateAt(at), address);
    if (bytes.length === 0) return [];
    const names = usesOf(bytes, address).registers.map(({ full }) => full);
    const found = [...new Set(names)].filter((name) => name in REGISTER_INDEX && name !== 'rip');
    // A conditional jump goes by flags: those of the instruction before.
    const isJump = decodeOne(bytes, address).flow === 'conditional jump';
    return isJump && found.length === 0 && at > 0 ? this.#registersOf(at - 1) : found.slice(0, 4);
  }

  #functionAt(at: number): string {
    const { recording, symbols } = this.run;
    if (at >= recording.instructions) return '';
    return symbols.findLocation(recording.registersAt(at)[REGISTER_INDEX.rip]!)?.symbol.name ?? '';
  }

  #add(scene: Pick<PageScene, 'kind' | 'at' | 'step' | 'title' | 'says'> & Partial<PageScene>): void {
    const events = this.#eventsAt(scene.at);
    this.#made.push({
      where: '',
      did: [],
      cache: this.#slots.cache,
      slots: this.#slots.between(events, events, scene.at),
      strip: null,
      branch: null,
      registers: this.#registersOf(scene.at),
      ...scene,
    });
  }

  #step(step: RecordedStep, index: number): void {
    const { events } = this.run.recording.header;
    const own = events.slice(step.events.from, step.events.to);
    const did = own.flatMap((event, offset) => tellEvent(this.run, event, step.events.from + offset));
    const call = own.find((event) => event.kind === 'call');
    const says = step.says === '' ? sentence(did.slice(0, 3).join('; ') || step.step) : step.says;
    this.#add({
      kind: 'step',
      at: step.from,
      step: index,
      title: step.step,
      says: plain(says),
      did: did.length > MAX_DID ? [...did.slice(0, MAX_DID), `… and ${did.length - MAX_DID} more`] : did,
      slots: this.#slots.between(step.events.from, step.events.to, step.from),
      registers: call?.kind === 'call' ? ARGUMENTS.slice(0, call.arguments.length) : [],
    });
  }

  #branch({ says, step }: Link): PageBranch | null {
    const { recording, symbols } = this.run;
    if (step + 1 >= recording.instructions) return null;
    const rip = recording.registersAt(step)[REGISTER_INDEX.rip]!;
    const bytes = fetchCode(this.run.stateAt(step), rip);
    const next = recording.registersAt(step + 1)[REGISTER_INDEX.rip]!;
    if (bytes.length === 0) return null;
    const { length, target } = decodeOne(bytes, rip);
    const through = rip + BigInt(length);
    if (target === undefined) return null;
    const other = next === through ? target : through;
    const because = /^(.*): \S+ (?:goes to|is not taken)/u.exec(says)?.[1] ?? says;
    return { because, went: symbols.formatLocation(next), other: symbols.formatLocation(other) };
  }

  #incident(subject: Subject, at: number, title: string): void {
    const events = this.#eventsAt(at);
    this.#add({
      kind: 'damage',
      at,
      slots: this.#slots.between(events, events, Math.min(at + 1, this.run.recording.instructions)),
      step: subject.kind === 'finding' ? this.#stepNamed(subject.finding) : this.#stepOf(at),
      title,
      where: subject.kind === 'finding' && subject.finding.at === null ? '' : this.#functionAt(at),
      says: capitalised([...deedWords(this.run, subject), { text: '.' }]),
      strip:
        subject.kind === 'access'
          ? accessStrip(this.run, subject.access)
          : subject.kind === 'finding'
            ? findingStrip(this.run, subject.finding)
            : null,
    });
  }

  #stepNamed({ step, instruction }: Finding): number {
    const found = this.#steps.findIndex((one) => one.step === step);
    return found < 0 ? this.#stepOf(instruction) : found;
  }

  // What an incident of the chain left is read: the link before it.
  #read({ step, says }: Link): void {
    const { subject } = this;
    this.#add({
      kind: 'read',
      at: step,
      step: this.#stepOf(step),
      title: 'read',
      where: this.#functionAt(step),
      says: plain(sentence(says)),
      strip: subject?.kind === 'access' ? accessStrip(this.run, subject.access, step) : null,
    });
  }

  // What the control did otherwise is no step of this run: it is told with the link that it explains.
  #saysOf(link: Link): string {
    const links = this.why?.links ?? [];
    const next = links[links.indexOf(link) + 1];
    if (next?.inControl !== true) return sentence(link.says);
    return `${sentence(link.says)} ${sentence(next.says)}`;
  }

  #chain(told: Set<number>): void {
    const links = (this.why?.links ?? []).filter(
      ({ inControl, at }) => inControl !== true && !/^(?:step "|the )/u.test(at),
    );
    links.forEach((link, index) => {
      const { step, by } = link;
      if (told.has(step) || step === this.run.trap) return;
      const isAbout = this.subject?.kind === 'access' && this.subject.access.instruction === step;
      const next = links[index + 1];
      if (isAbout || (by !== 'branch' && WRONG.has(by))) {
        const access = accessAt(this.run, step);
        const finding = this.run.findingsIn(step, step + 1).find(({ kind }) => TOLD.includes(kind));
        if (finding !== undefined && finding.access === null)
          this.#incident({ kind: 'finding', finding }, step, TITLES[finding.kind]);
        else if (access !== undefined) this.#incident({ kind: 'access', access }, step, titleOf(access));
        else
          this.#add({
            kind: 'read',
            at: step,
            step: this.#stepOf(step),
            title: 'freed',
            where: this.#functionAt(step),
            says: plain(sentence(link.says)),
          });
      } else if (by === 'branch')
        this.#add({
          kind: 'branch',
          at: step,
          step: this.#stepOf(step),
          title: 'branch',
          where: this.#functionAt(step),
          says: plain(this.#saysOf(link)),
          branch: this.#branch(link),
        });
      else if (next !== undefined && WRONG.has(next.by)) this.#read(link);
      else return;
      told.add(step);
    });
  }

  #findings(told: Set<number>): void {
    const { subject } = this;
    if (subject?.kind === 'access' && !told.has(subject.access.instruction)) {
      told.add(subject.access.instruction);
      this.#incident(subject, subject.access.instruction, titleOf(subject.access));
    }
    const writes = new Set<string>();
    for (const finding of this.run.findings) {
      const { kind, instruction, at, access } = finding;
      const isWrite = kind === 'out-of-bounds' && access === 'write' && !writes.has(at ?? '');
      const isSubject = subject?.kind === 'finding' && subject.finding === finding;
      if (told.has(instruction) || !(isWrite || isSubject || TOLD.includes(kind))) continue;
      if (isWrite) writes.add(at ?? '');
      told.add(instruction);
      const found = access === null ? undefined : accessAt(this.run, instruction);
      if (found === undefined) this.#incident({ kind: 'finding', finding }, instruction, TITLES[kind]);
      else this.#incident({ kind: 'access', access: found }, instruction, titleOf(found));
    }
  }

  #end(): void {
    const { run } = this;
    const { trap, recording } = run;
    const last = this.#steps.length - 1;
    const symptom = this.why?.links[0];
    const isTrap = trap !== undefined;
    const says = isTrap && symptom?.step === trap ? symptom.says : endText(run);
    this.#add({
      kind: isTrap ? 'trap' : 'end',
      at: trap ?? recording.instructions,
      step: isTrap ? this.#stepOf(trap) : last,
      title: isTrap ? 'trap' : 'the end',
      where: isTrap ? this.#functionAt(trap) : '',
      says: plain(sentence(says)),
    });
  }

  get all(): PageScene[] {
    this.#steps.slice(0, MAX_SCENES).forEach((step, index) => this.#step(step, index));
    const told = new Set<number>();
    this.#chain(told);
    this.#findings(told);
    this.#end();
    return this.#made
      .map((scene, index) => ({ scene, index }))
      .toSorted((a, b) => a.scene.step - b.scene.step || a.scene.at - b.scene.at || a.index - b.index)
      .map(({ scene }) => scene)
      .slice(0, MAX_SCENES);
  }
}

const WRONG: ReadonlySet<string> = new Set(['out-of-bounds write', 'use after free', 'double free']);

const TITLES: Readonly<Record<Finding['kind'], string>> = {
  'out-of-bounds': 'out of bounds',
  'use-after-free': 'after free',
  'double-free': 'freed twice',
  'invalid-free': 'wrong free',
  uninitialised: 'never written',
  'memory-leak': 'leak',
};

const titleOf = ({ stale, owner, victim }: NonNullable<ReturnType<typeof accessAt>>): string =>
  stale || (owner === undefined && victim.kind === 'free') ? 'after free' : 'out of bounds';

const aboutOf = (subject: Subject | undefined): bigint | undefined => {
  if (subject?.kind === 'access') return subject.access.now?.start ?? subject.access.owner?.start;
  if (subject?.kind === 'finding' && subject.finding.object !== null)
    return BigInt(subject.finding.object.address);
  return undefined;
};

const capitalised = ([first, ...rest]: readonly PageWord[]): PageWord[] => {
  if (first === undefined) return [];
  const text = first.is === undefined ? first.text.charAt(0).toUpperCase() + first.text.slice(1) : first.text;
  return [{ ...first, text }, ...rest];
};

/** The scenes, in the order of the run. */
export const pageScenes = (run: Case, subject: Subject | undefined, why: Why | undefined): PageScene[] =>
  new Scenes(run, subject, why).all;
