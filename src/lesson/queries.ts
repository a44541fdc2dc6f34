// All forms of query, in the order in which docs/lessons.md lists them.

import { LINEAGE_QUERIES } from './lineage-queries.js';
import type { QueryForm } from './query.js';
import { RUN_QUERIES } from './run-queries.js';
import { STATE_QUERIES } from './state-queries.js';

/** All forms of query. */
export const QUERIES: readonly QueryForm[] = [...LINEAGE_QUERIES, ...STATE_QUERIES, ...RUN_QUERIES];
