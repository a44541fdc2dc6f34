// The form of what a report is filed under, in `decode --json`.

import { count, list, named, oneOf, orNull, record, says, text, matching } from '../../base/form.js';
import { COMMAND_TOOLS } from '../judge/commands.js';
import { BUG_CLASSES } from '../judge/bug-classes.js';
import { placeForm } from './place-form.js';

const nullOrText = orNull(text());

const signature = named('signature', matching(/^sha256:[0-9a-f]{64}$/u));

export const judgementFields = {
  title: says('without addresses, numbers, paths and processes', text()),
  alternativeTitles: says('titles under which the same bug may be filed', list(text())),
  class: named('bugClass', oneOf(BUG_CLASSES)),
  classSure: says('certain: the kernel says just that', oneOf(['certain', 'likely', 'possible'])),
  module: nullOrText,
  subsystem: says('fs/btrfs; null when it is not known', nullOrText),
  guilty: says('the first frame that is not one of reporting, helpers, locking or entry', orNull(placeForm)),
  skipped: says('the frames before the guilty one', list(record({ symbol: text(), why: text() }))),
  signature: says('over the class and five frames: the same for the same crash of other builds', signature),
  commands: says(
    'ready-made, for who has the debug information or a dump; those of crash are typed at its prompt',
    list(record({ tool: oneOf(COMMAND_TOOLS), command: text(), shows: text() })),
  ),
};

export const consequenceForm = says(
  'the earlier report that it probably came of; null where nothing speaks for one',
  orNull(
    record({
      report: says('index in reports', count),
      sure: oneOf(['likely', 'possible']),
      because: list(text()),
    }),
  ),
);

export const groupsForm = says(
  'reports with one signature, in the order of their first ones',
  list(
    record({
      signature,
      title: text(),
      reports: says('indexes in reports', list(count)),
      first: says('time of the first report that has one, as printed', nullOrText),
      last: nullOrText,
    }),
  ),
);
