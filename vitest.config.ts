import { defineConfig } from 'vitest/config';

// .ci/run names a file for the machine-readable report; without it there is only the one for people.
const report = process.env['OOPSLAB_TEST_REPORT'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    ...(report === undefined || report === ''
      ? {}
      : { reporters: ['default', 'json'], outputFile: { json: report } }),
  },
});
