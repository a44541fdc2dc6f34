// The form of what a report is filed under, in `decode --json`.

import { list, named, oneOf, orNull, record, says, text, matching } from '../../base/form.js';
import { BUG_CLASSES } from '../judge/judgement.js';
import { placeForm } from './place-form.js';

const nullOrText = orNull(text());

export const judgementFields = {
  title: says('without addresses, numbers, paths and processes', text()),
  alternativeTitles: says('titles under which the same bug may be filed', list(text())),
  class: named('bugClass', oneOf(BUG_CLASSES)),
  classSure: says('certain: the kernel says just that', oneOf(['certain', 'likely', 'possible'])),
  module: nullOrText,
  subsystem: says('fs/btrfs; null when it is not known', nullOrText),
  guilty: says('the first frame that is not one of reporting, helpers, locking or entry', orNull(placeForm)),
  skipped: says('the frames before the guilty one', list(record({ symbol: text(), why: text() }))),
  signature: says(
    'over the class and five frames: the same for the same crash of other builds',
    matching(/^sha256:[0-9a-f]{64}$/u),
  ),
};
