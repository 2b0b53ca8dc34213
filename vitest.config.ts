import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const outside = ['**/node_modules/**', '**/.git/**', '.next/**', '.demo/**', 'e2e/**'];

/** Tests named `*.db.test.ts` need a database: they run once on each engine. All others run once, in `plain`. */
const onBothEngines = ['**/*.db.test.ts', '**/*.db.test.tsx'];

/**
 * What varies servers' answers, or what other processes do meanwhile, and sends the same few statements at each row: it
 * runs on PostgreSQL only. The statements have tests of their own on both engines.
 */
const aboutServers = [
  ...['tests/answers/**', 'tests/odd/**', 'tests/presets/**', 'tests/sdk/**', 'tests/second-opinions*'],
  ...['lib/authorization/callback-refused*', 'lib/authorization/odd-*', 'lib/authorization/refused-identity*'],
  ...[
    'lib/flow-trace/**',
    'lib/provider-calls/namesakes-say*',
    'lib/provider-calls/provider-says*',
    'lib/provider-check/**',
  ],
  ...[
    'lib/refresh/fuzz-*',
    'lib/refresh/race-providers*',
    'lib/refresh/*-namesakes*',
    'lib/web/start-request*',
    'lib/reviews/unattended-drill*',
  ],
  'lib/refresh/race-steps*',
  // Tries of an attacker, by the statements that the tests beside them, or a story, try on both engines.
  ...['lib/connect-sessions/hostile-matrix*', 'lib/connect-sessions/manage*', 'lib/api/application-reach*'],
  // Prometheus before /metrics, of which each number is tried on both engines.
  'lib/metrics/prometheus*',
  // Flows and failures in earnest: what finds them in the ledger is tried on both engines by `evaluate.db.test.ts`.
  ...['lib/alerts/real-*', 'lib/door/listener*'],
];

export default defineConfig({
  test: {
    environment: 'node',
    // A process runs one file after the other and loads the code once: half of the processor's time went into that.
    isolate: false,
    // One more than there are processors: some tests wait for the time that a fault takes.
    maxWorkers: Math.max(3, Math.min(4, availableParallelism() + 1)),
    // Many start processes or databases of their own; a busy machine takes its time over them.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 20_000,
    expect: { poll: { timeout: 60_000 } },
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
