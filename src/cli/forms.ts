// The forms of what small commands print with --json.

import {
  count,
  either,
  flag,
  integer,
  list,
  map,
  number,
  oneOf,
  orNull,
  record,
  says,
  text,
  titled,
} from '../base/form.js';
import { address, errorForm } from '../base/value-forms.js';

export const crashForm = titled(
  'What oopslab crash --json prints',
  record({
    scenario: text(),
    commands: list(
      record({ command: says('As given with -c.', text()), lines: says('What it printed.', list(text())) }),
    ),
  }),
);

export const doctorForm = titled(
  'What oopslab doctor --json prints',
  record({
    usable: flag,
    oopslab: text(),
    node: text(),
    koffi: says('null where it cannot be loaded', orNull(text())),
    libunicorn: says('null where none can be loaded', orNull(record({ version: text(), path: text() }))),
    searched: list(record({ place: text(), version: orNull(text()), problem: orNull(text()) })),
    engines: says(
      'the emulated CPUs: which can be used, and which is chosen, by OOPSLAB_ENGINE or because it is the first',
      list(
        record({
          name: text(),
          usable: flag,
          chosen: flag,
          why: says('why it is chosen; null where it is not', orNull(text())),
          version: says('of the library that it needs, where there is one', orNull(text())),
          path: says('of that library', orNull(text())),
          problem: says('why it cannot be used', orNull(text())),
        }),
      ),
    ),
    programs: says(
      'of the system, which unpack what kernels can be packed with besides gzip, xz and zstd',
      list(
        record({
          name: text(),
          unpacks: text(),
          usable: flag,
          get: says('how to get it where it is missing', list(text())),
        }),
      ),
    ),
    missing: list(record({ what: text(), why: text(), get: list(text()) })),
  }),
);

export const errorDocumentForm = titled(
  'What every command prints with --json when its input is wrong',
  record({ error: errorForm }),
);

export const headersForm = titled(
  'What oopslab headers --json prints',
  record({
    release: text(),
    callable: says(
      'what a candidate may refer to, by name',
      list(
        record({
          name: text(),
          how: says(
            'code: its machine code runs; stub: the sandbox does it; data: it is not a function',
            oneOf(['code', 'stub', 'data']),
          ),
          declaration: says('in C; null where no prototype is known', orNull(text())),
          models: says('what a stub does; null for anything else', orNull(text())),
        }),
      ),
    ),
    header: says('the text of oopslab.h', text()),
  }),
);

export const oopsForm = titled(
  'What oopslab oops --json prints',
  record({
    scenario: text(),
    oops: says('null for a run without a report', orNull(text())),
    counts: says('words by provenance', record({ computed: count, carried: count, given: count })),
    words: list(
      record({
        text: text(),
        provenance: oneOf(['computed', 'carried', 'given']),
        label: says("whether it shows no value, only the kernel's own text", flag),
        source: text(),
        line: integer(1),
      }),
    ),
  }),
);

/** A scenario that can be replayed. */
export const scenarioEntryForm = record({
  name: text(),
  title: text(),
  claim: orNull(text()),
  symptom: says(
    'how the run ends, as the scenario expects it; null where it expects nothing',
    orNull(text()),
  ),
  cause: says(
    'what is wrong in it; null where the scenario does not say so',
    orNull(record({ kind: text(), source: orNull(text()) })),
  ),
  control: says('the same scenario without the cause', orNull(text())),
  release: text(),
  parameters: map(
    record({
      type: oneOf(['text', 'choice', 'contents', 'int32']),
      default: either(text(), number),
      help: orNull(text()),
    }),
  ),
});

/** A scenario file that cannot be used. */
export const brokenScenarioForm = record({ name: text(), problem: text() });

export const newForm = titled(
  'What oopslab new --json prints',
  record({ folder: text(), name: text(), template: text(), files: list(text()) }),
);

export const scenariosForm = titled(
  'What oopslab scenarios --json prints',
  record({ scenarios: list(either(scenarioEntryForm, brokenScenarioForm)) }),
);

export const snippetsForm = titled(
  'What oopslab snippets --json prints',
  record({
    release: text(),
    snippets: list(
      record({
        name: text(),
        address,
        size: says('bytes', count),
        bytes: says(
          'how many, by provenance',
          record({ 'published dump': count, 'published listing': count, reconstructed: count }),
        ),
        source: text(),
        addressSource: text(),
        prototype: text(),
      }),
    ),
    stubs: list(record({ symbol: text(), models: text(), leavesOut: text() })),
  }),
);
