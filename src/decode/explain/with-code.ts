// Explanations with the code that `--code` names. Apart, because ELF files and snippets take long to load.

import { withFunctionBytes } from '../code/function-bytes.js';
import { type CodeOptions, checkCode } from '../code/named-code.js';
import { type NamedCode, explainReport } from './explain.js';

/** What `--code` names. Nothing is read now. */
export const namedCode = (request: CodeOptions): NamedCode => ({
  explain: (report, registers) =>
    withFunctionBytes(report, registers, request, (full) => explainReport(report, full)),
  check: () => checkCode(request),
});
