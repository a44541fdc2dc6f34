// The files of schema/ and the forms that they are written from: `npm run schema`. Not loaded by the program.

import { type SchemaSource, schemaDocument } from '../base/schema-file.js';
import { manifestForm, symbolsForm } from '../release/form.js';
import { scenarioFileForm, unlessItExtends } from '../scenario/form.js';
import { shardForm } from '../check/run/shard-form.js';
import { candidatesForm } from '../check/run/candidates-form.js';

const SOURCES: Readonly<Record<string, SchemaSource>> = {
  'candidates.schema.json': { form: candidatesForm, draft: 7 },
  'scenario.schema.json': { form: scenarioFileForm, draft: 7, extra: unlessItExtends },
  'snippet.schema.json': { form: manifestForm, also: { symbolsFile: symbolsForm } },
  'shard.schema.json': { form: shardForm, draft: 7 },
};

/** The JSON Schemas, by file name. */
export const schemaDocuments = (): Readonly<Record<string, object>> =>
  Object.fromEntries(Object.entries(SOURCES).map(([file, source]) => [file, schemaDocument(file, source)]));
