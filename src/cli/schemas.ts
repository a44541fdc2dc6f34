// The files of schema/ and the forms that they are written from: `npm run schema`. Not loaded by the program.

import { type SchemaSource, schemaDocument } from '../base/schema-file.js';
import { manifestForm, symbolsForm } from '../release/form.js';
import { scenarioFileForm, unlessItExtends } from '../scenario/form.js';
import { shardForm } from '../check/run/shard-form.js';
import { candidatesForm } from '../check/run/shipped.js';
import { typedListingForm } from '../decode/show/typed-listing.js';
import { disForm } from '../release/listing-form.js';
import { compareForm } from '../forensics/form.js';
import { decodeForm } from '../decode/show/form.js';
import { detectorsForm } from '../detectors/form.js';
import { diffForm } from '../reading/diff-form.js';
import { replayForm } from '../reading/replay-form.js';
import { checkForm } from '../check/tell/form.js';
import { lessonForm } from '../lesson/form.js';
import { lineageForm } from '../lineage/form.js';
import { structForm, whatisForm } from './kernel-forms.js';
import { whyForm } from '../why/form.js';
import {
  crashForm,
  doctorForm,
  errorDocumentForm,
  headersForm,
  newForm,
  oopsForm,
  scenariosForm,
  snippetsForm,
} from './forms.js';

const SOURCES: Readonly<Record<string, SchemaSource>> = {
  'candidates.schema.json': { form: candidatesForm, draft: 7 },
  'check.schema.json': { form: checkForm },
  'compare.schema.json': { form: compareForm },
  'crash.schema.json': { form: crashForm },
  'decode.schema.json': { form: decodeForm },
  'detectors.schema.json': { form: detectorsForm },
  'diff.schema.json': { form: diffForm },
  'dis.schema.json': { form: disForm },
  'dis-kernel.schema.json': { form: typedListingForm },
  'doctor.schema.json': { form: doctorForm },
  'error.schema.json': { form: errorDocumentForm },
  'headers.schema.json': { form: headersForm },
  'lesson.schema.json': { form: lessonForm },
  'lineage.schema.json': { form: lineageForm },
  'new.schema.json': { form: newForm },
  'oops.schema.json': { form: oopsForm },
  'replay.schema.json': { form: replayForm },
  'scenario.schema.json': { form: scenarioFileForm, draft: 7, extra: unlessItExtends },
  'scenarios.schema.json': { form: scenariosForm },
  'shard.schema.json': { form: shardForm, draft: 7 },
  'snippet.schema.json': { form: manifestForm, also: { symbolsFile: symbolsForm } },
  'snippets.schema.json': { form: snippetsForm },
  'struct.schema.json': { form: structForm },
  'whatis.schema.json': { form: whatisForm },
  'why.schema.json': { form: whyForm },
};

/** The JSON Schemas, by file name. */
export const schemaDocuments = (): Readonly<Record<string, object>> =>
  Object.fromEntries(Object.entries(SOURCES).map(([file, source]) => [file, schemaDocument(file, source)]));
