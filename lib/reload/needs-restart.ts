import { isDeepStrictEqual } from 'node:util';
import type { Config } from '#lib/config/config';

/** Settings that may lie in files, and that a process takes at its start only. */
const fixed = {
  sessionPasswords: 'SESSION_PASSWORD',
  vaultKeys: 'VAULT_KEYS',
  vaultRoots: 'VAULT_ROOT',
  ledgerKeys: 'LEDGER_KEYS',
  databaseUrl: 'DATABASE_URL',
  migrateDatabaseUrl: 'MIGRATE_DATABASE_URL',
  mail: 'SMTP_URL',
  metricsToken: 'METRICS_TOKEN',
  telemetry: 'OTEL_EXPORTER_OTLP_HEADERS',
} as const satisfies Partial<Record<keyof Config, string>>;

/** The variables that changed in their files since the start, when this process took them. They take effect at the next one. */
export function needsRestart(inForce: Config, read: Config): string[] {
  return (Object.keys(fixed) as (keyof typeof fixed)[])
    .filter((name) => !isDeepStrictEqual(inForce[name], read[name]))
    .map((name) => fixed[name]);
}
