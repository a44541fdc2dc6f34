// The form of an error in JSON: what failed, in words, and where.

import { integer, matching, optional, record, text } from './form.js';

/** Where an input is wrong: what is known of it. */
export const whereForm = record({
  file: optional(text()),
  line: optional(integer(1)),
  column: optional(integer(1)),
  field: optional(text()),
});

/** An OopslabError. */
export const errorForm = record({ code: matching(/^ERR_[A-Z]+$/u), message: text(), where: whereForm });
