// All forms of query, in the order in which docs/lessons.md lists them.

import { DAMAGE_QUERIES } from './damage-queries.js';
import { LINEAGE_QUERIES } from './lineage-queries.js';
import type { QueryForm } from './query.js';
import { RUN_QUERIES } from './run-queries.js';
import { STATE_QUERIES } from './state-queries.js';
import { TRAP_QUERIES } from './trap-queries.js';

/** All forms of query. */
export const QUERIES: readonly QueryForm[] = [
  ...LINEAGE_QUERIES,
  ...STATE_QUERIES,
  ...TRAP_QUERIES,
  ...DAMAGE_QUERIES,
  ...RUN_QUERIES,
];
