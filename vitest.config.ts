import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const outside = ['**/node_modules/**', '**/.git/**', '.next/**', '.demo/**', 'e2e/**'];

/** Tests named `*.db.test.ts` need a database: they run once on each engine. All others run once, in `plain`. */
const onBothEngines = ['**/*.db.test.ts', '**/*.db.test.tsx'];

/**
 * What varies servers' answers and sends the same few statements at each row: it runs on PostgreSQL only. The statements
 * have tests of their own on both engines.
 */
const aboutServers = ['tests/answers/**', 'tests/odd/**', 'tests/presets/**', 'tests/second-opinions*'];

export default defineConfig({
  test: {
    environment: 'node',
    // A process runs one file after the other and loads the code once: half of the processor's time went into that.
    isolate: false,
    maxWorkers: Math.max(2, Math.min(4, availableParallelism())),
    // Many start processes or databases of their own; a busy machine takes its time over them.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    expect: { poll: { timeout: 20_000 } },
    restoreMocks: true,
    unstubGlobals: true,
    unstubEnvs: true,
    setupFiles: ['tests/console-setup.ts'],
    reporters: ['default', './tests/summary-reporter.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'plain', include: ['**/*.test.ts', '**/*.test.tsx'], exclude: [...outside, ...onBothEngines] },
      },
      {
        extends: true,
        test: {
          name: 'pglite',
          include: onBothEngines,
          exclude: [...outside, ...aboutServers],
          env: { TEST_ENGINE: 'pglite' },
          globalSetup: ['tests/pglite-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: onBothEngines,
          exclude: outside,
          env: { TEST_ENGINE: 'postgres' },
          globalSetup: ['tests/postgres-setup.ts'],
        },
      },
    ],
  },
});
