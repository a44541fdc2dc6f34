// The form of what `decode --json` prints.

import {
  flag,
  integer,
  list,
  map,
  matching,
  named,
  oneOf,
  openRecord,
  optional,
  orNull,
  record,
  says,
  text,
  titled,
} from '../../base/form.js';
import { errorForm } from '../../base/value-forms.js';
import { countOrNull, place, placeForm, textOrNull, value } from './place-form.js';
import { findingOrNull } from './finding-form.js';
import { hardwareForm } from './hardware-form.js';
import { consequenceForm, groupsForm, judgementFields } from './judgement-form.js';
import { waitsOrNull } from './waits-form.js';
import { BAD_KINDS } from '../explain/bad-value.js';
import { REGISTER_ROLES, REPORT_KINDS } from '../read/report.js';

const values = named('values', map(value));

const line = named('line', says('in the text that was read', integer(1)));

const placeOrNull = named('placeOrNull', orNull(placeForm));

const said = named('said', record({ text: text(), line: line }));

export const codeForm = named(
  'code',
  record({
    line,
    bytes: matching(/^([0-9a-f]{2})*$/u),
    marked: says('index of the byte in < >', countOrNull),
    markedByRelease: says('no byte is marked, and the kernel of this release prints from RIP on', flag),
    unreadable: says("the kernel's words instead of bytes", textOrNull),
    cut: flag,
  }),
);

export const registersForm = named(
  'registers',
  record({
    line,
    mode: oneOf(['kernel', 'user']),
    role: says(
      'interrupted: where an interrupt found the CPU; its instruction did not trap',
      oneOf(REGISTER_ROLES),
    ),
    rip: placeOrNull,
    values,
    selectors: values,
    control: values,
    origRax: orNull(value),
    code: orNull(codeForm),
  }),
);

export const traceForm = named(
  'trace',
  record({
    title: says('empty when the line that opens it is missing', text()),
    line,
    entries: list(
      record({
        line,
        reliable: says('false for entries with ?', flag),
        inlined: says('inlined into the function of the next entry: it has no frame', flag),
        context: says('IRQ, TASK, NMI', textOrNull),
        ...place,
      }),
    ),
  }),
);

const sure = named('sure', oneOf(['certain', 'likely', 'possible']));

export const statementForm = named(
  'statement',
  record({
    about: matching(/^(r[a-z0-9]{1,2}|stack\[[0-9]+\]|trap|code)$/u),
    sure,
    says: says('the claim in words', text()),
    claim: says(
      'the claim as data; addresses and values are 0x… strings',
      openRecord({
        kind: oneOf([
          'written',
          'unwritten',
          'holds',
          'kept',
          'looks-like',
          'same-as',
          'pushed',
          'stored',
          'return-address',
          'accesses',
          'bad-operand',
          'guarded',
          'went',
          'interrupted',
          'asserts',
          'trap-means',
          'contradiction',
          'starts-inside',
          'cut-prefix',
          'boundaries',
          'no-way',
          'code-agrees',
        ]),
      }),
    ),
    because: list(text()),
  }),
);

const instructionForm = named(
  'instruction',
  record({
    at: text(),
    bytes: matching(/^([0-9a-f]{2})+$/u),
    text: text(),
    sure,
    trapping: flag,
    current: says('RIP points to it: it trapped, or the CPU was found there', flag),
  }),
);

const typedForm = {
  text: says('a C expression', text()),
  type: says('its type in C', text()),
  sure,
  class: says('how it was concluded, in one word: docs/types.md has the list', text()),
  how: says('the steps of the conclusion, the first one first', list(text())),
};

export const typesForm = named(
  'types',
  record({
    access: says(
      'the memory operand of the instruction; null where it has none, or one of the stack or of a variable',
      orNull(
        record({
          base: says('the register that it points with', text()),
          size: says('bytes', integer(0)),
          named: says(
            'the field; null where it has no name',
            orNull(
              record({
                ...typedForm,
                struct: text(),
                offset: says('in the struct, bytes', integer(0)),
                field: text(),
                fieldSure: says('how sure it is that this field is meant, and no other there', sure),
                others: says('other fields that the same bytes are', list(text())),
              }),
            ),
          ),
          whyNot: says('why it has no name', textOrNull),
        }),
      ),
    ),
    registers: says(
      'registers that hold a pointer to a type',
      list(
        record({
          register: text(),
          caller: says('the caller whose value it still has; null for the trapping function', textOrNull),
          ...typedForm,
        }),
      ),
    ),
    whyNot: says('why nothing is known', textOrNull),
  }),
);

export const explanationForm = named(
  'explanation',
  record({
    decodecode: says('the listing of scripts/decodecode', orNull(text())),
    instructions: says('up to the trap', list(instructionForm)),
    after: says('after the trap, as far as the line has them', list(instructionForm)),
    code: list(statementForm),
    trap: list(statementForm),
    way: list(statementForm),
    registers: list(statementForm),
    stack: list(statementForm),
    bad: says(
      'the value that made the instruction trap; null where no reading is better than the others',
      orNull(
        record({
          kind: oneOf(BAD_KINDS),
          value,
          holder: says('a register, or the operand as written', text()),
          indirect: says('the holder has it in another form, with which the detail begins', flag),
          register: says('the full register that it was in', textOrNull),
          detail: says('what it is, in words', text()),
          sure,
        }),
      ),
    ),
    types: optional(says('what the types of the kernel say; absent without --kernel', typesForm)),
    gaps: says('why nothing certain is said of what code did; empty where all of it is known', list(text())),
  }),
);

export const reportForm = named(
  'report',
  record({
    kind: oneOf(REPORT_KINDS),
    kindFrom: says(
      'trace: from the functions of the call trace, since the headline is missing',
      oneOf(['headline', 'trace', 'nothing']),
    ),
    lines: record({ first: line, last: line }),
    headline: orNull(said),
    message: says('what a WARN() printed before its place', textOrNull),
    said: says('every line that says what happened, in order', list(said)),
    consequences: says('the panics that followed', list(said)),
    time: says('seconds since boot, as printed', textOrNull),
    die: orNull(
      record({
        line,
        trap: text(),
        errorCode: optional(integer()),
        counter: integer(),
        flags: list(text()),
      }),
    ),
    errorCode: countOrNull,
    pageFault: says(
      'the #PF: lines, and the PGD … PTE line, whose last entry is where the walk ended',
      orNull(
        record({
          by: orNull(oneOf(['supervisor', 'user'])),
          access: orNull(oneOf(['read', 'write', 'fetch'])),
          errorCode: countOrNull,
          reason: textOrNull,
          tables: list(record({ level: oneOf(['PGD', 'P4D', 'PUD', 'PMD', 'PTE']), value })),
        }),
      ),
    ),
    kernelOffset: says('by how much the kernel image was moved; 0x0 for disabled', orNull(value)),
    faultAddress: orNull(value),
    source: orNull(record({ file: text(), line: integer() })),
    finding: says('what a checker, a list, a counter or an allocator says of the fault', findingOrNull),
    waits: says('locks, their holders and those that wait', waitsOrNull),
    machineChecks: says('what the hardware reported', list(hardwareForm)),
    checker: orNull(
      record({ line, checker: says('KASAN, KFENCE, UBSAN', text()), bug: text(), at: placeOrNull }),
    ),
    trap: says('null where nothing trapped', placeOrNull),
    place: says('the trap; without one, what the headline names, or where the CPU was', placeOrNull),
    cpu: countOrNull,
    pid: countOrNull,
    uid: countOrNull,
    comm: textOrNull,
    taint: says(
      'null when the text does not say it',
      orNull(
        record({
          letters: says('with their blanks; empty for Not tainted', text()),
          meanings: list(record({ letter: text(), meaning: text() })),
        }),
      ),
    ),
    release: textOrNull,
    version: textOrNull,
    hardware: textOrNull,
    workqueue: textOrNull,
    modules: orNull(
      record({
        line,
        modules: list(record({ name: text(), flags: text() })),
        complete: flag,
        lastUnloaded: textOrNull,
      }),
    ),
    registers: list(registersForm),
    code: orNull(codeForm),
    codeLines: list(codeForm),
    stack: list(record({ value, line: line })),
    traces: list(traceForm),
    layout: says(
      'oldest: {symbol+12}; old: [<address>] symbol; new, since 4.10: symbol',
      orNull(oneOf(['oldest', 'old', 'new'])),
    ),
    endTrace: textOrNull,
    form: says('what was taken off the lines', list(text())),
    missing: list(text()),
    findings: list(text()),
    ...judgementFields,
    verdict: says(
      'what, where, which value, from where, which class, what next: at most six lines',
      list(text()),
    ),
    contradictions: says(
      'where headline, error code, address, code and registers do not fit',
      list(statementForm),
    ),
    consequenceOf: consequenceForm,
    explanation: optional(explanationForm),
  }),
);

export const decodeForm = titled(
  'What oopslab decode --json prints',
  record({
    file: says('as it was named; null for standard input', orNull(text())),
    reports: says('in the order in which they end', list(reportForm)),
    groups: groupsForm,
    declined: says(
      'reports of kernels that are not x86-64, which are not read',
      list(record({ architecture: text(), marks: list(text()), firstLine: line, lastLine: line })),
    ),
    error: optional(
      says('what ended the text early: the reports before it are whole; absent when all was read', errorForm),
    ),
  }),
);
