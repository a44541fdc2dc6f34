// The error for function bytes that are not those of a report's trap. What was compared is not known here.

import { InputError } from '../../base/errors.js';

/** The code that was named is good, but of another function or kernel than the report. */
export class OtherCodeError extends InputError {}
