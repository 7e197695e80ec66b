import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          isolate: false,
          globalSetup: ['test/support/memory.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/support/memory.ts', 'test/support/global.ts'],
          setupFiles: ['test/support/after-file.ts'],
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    // Files share what their worker has loaded: to load sources and libraries anew for each took half of the time of the unit tests.
    // So modules are not mocked, and what support files leave is ended in `after-file.ts`, not by hooks of their own.
    // Most of a file is waiting for processes to start, to answer and to end: two of them leave two cores idle half of the time.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
  },
});
