// `oopslab/vitest/setup`: a setup file for vitest that adds the matchers of oopslab/vitest.

import { expect } from 'vitest';
import { matchers } from './check/expect/to-hold.js';

expect.extend(matchers);
