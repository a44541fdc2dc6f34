import { defineConfig } from 'vitest/config';

// .ci/run names a file for the machine-readable report; without it there is only the one for people.
const report = process.env['OOPSLAB_TEST_REPORT'];

// What a test needs besides Node and libunicorn is said by its folder or its name. The rest is `npm run test:quick`.
const SLOW = [
  'test/end-to-end/**/*.test.ts', // processes, a shell, a terminal, a browser
  'test/repository/**/*.test.ts', // npm, the setup, every command of the documents, the examples
  'test/**/*.tools.test.ts', // gcc, clang, binutils
  'test/**/*.long.test.ts', // campaigns
];

// Those of both engines, and of the double of unicorn.js, which the ground without libunicorn leaves out.
const UNICORN =
  process.env['OOPSLAB_TEST_WITHOUT_UNICORN'] === '1'
    ? ['test/machine/*-agree.test.ts', 'test/*/unicorn-js.test.ts', 'test/elf/shared-library.test.ts']
    : [];

export default defineConfig(({ mode }) => ({
  test: {
    ...(report === undefined || report === ''
      ? {}
      : { reporters: ['default', 'json'], outputFile: { json: report } }),
    // Each limit is at least five times what its slowest test takes on a quiet machine with two cores.
    projects: [
      {
        test: {
          name: 'quick',
          setupFiles: ['test/setup-seed.ts'],
          include: ['test/**/*.test.ts'],
          exclude: [...SLOW, ...UNICORN],
          testTimeout: 40_000,
          hookTimeout: 40_000,
          isolate: mode !== 'quick', // half of the time would go into imports
          env: mode === 'quick' ? { OOPSLAB_QUICK: '1' } : {}, // test/helpers/effort.ts reads it
        },
      },
      {
        test: {
          name: 'slow',
          setupFiles: ['test/setup-seed.ts'],
          include: SLOW,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
}));
