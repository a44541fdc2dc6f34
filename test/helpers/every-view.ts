// Every view of a recording, in this process: what a campaign calls on recordings that somebody has changed.
import { Case } from '../../src/reading/case.js';
import { Scene } from '../../src/reading/scene.js';
import { compareRecordings } from '../../src/reading/comparison.js';
import { replayDocument } from '../../src/reading/replay-document.js';
import { tellStory } from '../../src/reading/story.js';
import { hashRecording } from '../../src/recording/file.js';
import type { Recording } from '../../src/recording/recording.js';
import { reportOf } from '../../src/recording/trap.js';
import { formatOops, oopsWords } from '../../src/oops/collect.js';
import { countProvenance } from '../../src/oops/words.js';
import { InputError } from '../../src/base/errors.js';
import { bannerLines } from '../../src/crash/banner.js';
import { complete } from '../../src/crash/complete.js';
import { openSession, runLine } from '../../src/crash/run.js';
import type { Asked } from '../../src/why/asked.js';
import { whyDocument } from '../../src/why/document.js';
import { whyDot } from '../../src/why/dot.js';
import { sliceLinks } from '../../src/why/slice-links.js';
import { sliceText, whyText } from '../../src/why/text.js';
import { WhyCase } from '../../src/why/why.js';
import { lineageOf } from '../../src/lineage/lineage.js';
import { lineageDocument } from '../../src/lineage/document.js';
import { chartOf } from '../../src/lineage/chart.js';
import { staleSince } from '../../src/lineage/stale.js';
import { knownText, ledgerText } from '../../src/lineage/text.js';
import { VIEWS as LINEAGE_VIEWS, rangeOf, valuesOf } from '../../src/cli/lineage-selection.js';
import { lineageRows } from '../../src/lineage/rows.js';
import { lineagePicture } from '../../src/chart/lineage-picture.js';
import { slabPicture } from '../../src/chart/slab-picture.js';
import { slabScene } from '../../src/chart/slab-scene.js';
import { formatSvg } from '../../src/chart/svg.js';
import { LessonCase } from '../../src/lesson/case.js';
import { CaseBook } from '../../src/lesson/case-book.js';
import { gradeQuestion } from '../../src/lesson/grade.js';
import type { Lesson } from '../../src/lesson/lesson.js';
import { pageData } from '../../src/report/collect.js';
import { embedJson } from '../../src/report/template.js';
import { runScript } from '../../src/step/script.js';
import { Stepper } from '../../src/step/stepper.js';

/** A view: it gives something, or refuses with an InputError. */
export interface View {
  readonly name: string;
  /** @param whole the recording that `recording` was made from by a change */
  readonly look: (recording: Recording, whole: Recording) => unknown;
}

/** A call; that it is refused with one clear message is an answer as well. */
const orRefused = (call: () => unknown): void => {
  try {
    call();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
};

const crashLines = ({ header }: Recording): string[] => {
  const [first] = header.objects;
  const at = first?.address ?? '0xffffffff81000000';
  const call = header.steps.findLast((step) => step.call !== null)?.call ?? 'strlen';
  return [
    'bt', 'bt -f', 'bt -F', 'bt -FF', 'bt -r', 'bt -l', 'bt -s', 'bt -t',
    `dis ${call}`, `dis -l ${call}`, `dis -r ${call}+0x8`, `dis -s ${call}`, `dis -f ${call} 100`,
    'eval 1 + 2', `eval ${call}`, 'ipcs', 'ipcs -m', 'ipcs -M', 'kmem -s', 'kmem -S', 'kmem -S size-32', `kmem ${at}`,
    `kmem -p ${at}`, `kmem -s ${at}`, 'kmem -i', `list ${at}`, `list -h ${at}`, 'list -H slab_caches', 'log', 'log -t', 'ps', 'ps -p',
    `rd ${at} 16`, `rd -S ${at} 16`, `rd -SS ${at} 16`, `rd -8 ${at} 300`, `rd ${call}`, `search ${at}`, `search -t ${at}`, `search -u ${at}`, `search -w 1`,
    'search -k 0', 'set', 'set 0', `struct shm_file_data ${at}`, `struct vm_area_struct ${at}`, `struct file.f_op ${at}`, 'struct -o kmem_cache',
    `sym ${call}`, `sym ${at}`, 'sym -l', 'sym -q shm', 'vm', 'vm -p', 'vm -R shm', 'help',
  ]; // prettier-ignore
};

// A recorder's scene at some states, with everything that a stepper can be asked for.
const step = (recording: Recording): void => {
  const stepper = new Stepper(new Scene(recording), { columns: 120, rows: 40 });
  const { instructions } = recording;
  const states = [0, 1, instructions >> 1, instructions - 1, instructions];
  const goTo = states.map((state) => `: "${state}" screen`).join(' ');
  orRefused(() => runScript(stepper, goTo, 'script'));
  for (const keys of KEYS) orRefused(() => runScript(stepper, keys, 'script'));
};

const KEYS = [
  'gg s n f p F w W t Tab w W c C screen', 'Tab w W Tab w Down w PageDown W screen', 'Tab Down Down w Tab PageUp c Escape screen',
  'a t screen G b p F screen', '/ "0x5c" N , / "mov" N / "strlen" N screen', '1 screen 2 screen 3 9 screen', 'g w W screen ?',
  ': "strlen" screen size 20x5 screen size 300x100 screen',
]; // prettier-ignore

const lineage = (recording: Recording, view: 'run' | 'analyst'): void =>
  orRefused(() => {
    const made = lineageOf(recording, { view });
    const range = rangeOf(recording, { all: true });
    for (const all of [{}, { all: true } as const]) {
      const values = valuesOf(made, range, all);
      lineageDocument(made, values);
      ledgerText(values, range.from, staleSince(recording));
      chartOf(made, values, { ...range, width: 100 });
      if (lineageRows(values).length <= 120)
        formatSvg(lineagePicture(made, values, { ...range, range: range.title, view: LINEAGE_VIEWS[view] }));
    }
    for (const { step, call } of recording.header.steps)
      orRefused(() =>
        ledgerText(
          valuesOf(made, rangeOf(recording, { step }), {}),
          call === null ? 0 : 1,
          staleSince(recording),
        ),
      );
    for (const state of [0, recording.instructions >> 1, Math.max(0, recording.instructions - 1)]) {
      const known = made.knownAt(state);
      knownText(made, state, known, []);
      orRefused(() => made.statesAt(made.moment(state).at));
      made.callerAt(state);
      made.stepOf(state);
      for (const register of ['rax', 'rsp', 'rdi']) made.contentOf(register, state);
    }
  });

// Chains and slices of many places, alone and beside the run that was changed.
const why = (recording: Recording, whole: Recording): void => {
  for (const control of [undefined, new Case(whole)]) {
    const one = new WhyCase(new Case(recording), control);
    const { instructions } = recording;
    const { scenario } = recording.header;
    const show = (asked?: Asked): void =>
      orRefused(() => {
        const found = one.explain(asked);
        JSON.stringify(whyDocument(scenario, found));
        whyText(scenario, found, 100);
        whyDot(scenario, found);
      });
    show();
    orRefused(() => sliceText(sliceLinks(one.view, one.slice())));
    const states = [0, instructions >> 1, instructions];
    for (const state of states)
      for (const name of ['rax', 'rdi', 'rsp', 'rip', 'rflags', 'stack[1]'])
        orRefused(() => show(one.place(`${name}@${state}`)));
    for (const { name } of recording.header.objects.slice(0, 20)) orRefused(() => show(one.place(name)));
    for (const { name } of recording.header.symbols.slice(0, 20))
      orRefused(() => show(one.place(`result@${name}`)));
  }
};

/** A book whose every case is one recording: questions are asked of it, whatever run they name. */
class OneCaseBook extends CaseBook {
  readonly #views = new Map<string, LessonCase>();

  constructor(private readonly recording: Recording) {
    super();
  }

  override open({ view }: Parameters<CaseBook['open']>[0]): LessonCase {
    const known = this.#views.get(view) ?? new LessonCase(this.recording, view, []);
    this.#views.set(view, known);
    return known;
  }
}

/** @param lessons whose questions are asked about the recording */
export const everyView = (lessons: readonly Lesson[]): readonly View[] => [
  { name: 'story', look: (recording) => tellStory(recording, hashRecording(recording)) },
  { name: 'replay --json', look: (recording) => JSON.stringify(replayDocument(recording)) },
  {
    name: 'oops',
    look: (recording) => {
      const report = reportOf(recording, { provenance: true });
      if (report === undefined) return;
      for (const full of [false, true]) {
        formatOops(report, { full });
        countProvenance(oopsWords(report, { full }));
      }
    },
  },
  {
    name: 'crash',
    look: (recording, whole) => {
      const session = openSession(recording);
      orRefused(() => bannerLines(session, undefined));
      for (const line of [...crashLines(whole), ...crashLines(recording)])
        orRefused(() => runLine(session, line));
      for (const line of ['', 's', 'struct shm', 'kmem -s ', 'dis ', 'struct file.']) complete(session, line);
    },
  },
  { name: 'step', look: step },
  { name: 'lineage', look: (recording) => lineage(recording, 'run') },
  { name: 'lineage --analyst', look: (recording) => lineage(recording, 'analyst') },
  {
    name: 'diff',
    look: (recording, whole) => {
      compareRecordings(recording, whole);
      compareRecordings(whole, recording);
    },
  },
  { name: 'why', look: why },
  {
    name: 'chart slab',
    look: (recording) => orRefused(() => formatSvg(slabPicture(slabScene(new Case(recording))))),
  },
  { name: 'report', look: (recording) => orRefused(() => embedJson(pageData(recording, undefined))) },
  {
    name: 'lesson',
    look: (recording) => {
      const book = new OneCaseBook(recording);
      for (const { questions } of lessons)
        for (const question of questions) {
          orRefused(() => {
            const { key } = gradeQuestion(question, book);
            key.reason({ kind: 'number', value: 5n, size: 4 });
          });
        }
    },
  },
];
