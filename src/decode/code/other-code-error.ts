// The error for function bytes of other code than the trap's.

import { InputError } from '../../base/errors.js';

/** The code that was named is good, but of another function or kernel than the report. */
export class OtherCodeError extends InputError {}
