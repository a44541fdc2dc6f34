// The C header of candidates, oopslab.h.
import type { Release } from '../snippet.js';

/** The text of `oopslab.h`. */
export const headerText = (_release: Release): string => '';
