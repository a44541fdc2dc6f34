// Properties draw the same values in every run: a test that fails now and then fails for nobody. `npm run test:random`
// draws others, and a failure prints its seed.
import fc from 'fast-check';
import { prepareEngine } from '../src/run/prepare-engine.js';

const seed = process.env['OOPSLAB_TEST_SEED'] ?? '20110831';
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });

// OOPSLAB_ENGINE may choose an engine that is loaded by a promise.
await prepareEngine();
