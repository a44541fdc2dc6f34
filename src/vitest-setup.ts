// `oopslab/vitest/setup`: a setup file for vitest that adds the matchers of oopslab/vitest, and their types.

import { expect } from 'vitest';
import { matchers } from './check/expect/to-hold.js';
import { prepareEngine } from './run/prepare-engine.js';
import './vitest.js';

await prepareEngine();
expect.extend(matchers);
