// Errors of a question as what the page is told.

import { OopslabError } from '../base/errors.js';
import type { Refusal } from './questions.js';

/** @throws what is no error of the question */
export const refusalOf = (error: unknown): Refusal => {
  if (!(error instanceof OopslabError)) throw error;
  const { field } = error.where;
  return { code: error.code, message: error.message, ...(field === undefined ? {} : { field }) };
};
