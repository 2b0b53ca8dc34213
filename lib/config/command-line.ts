import { type Environment, environmentSchema } from '#lib/config/environment';
import { sentenceOf } from '#lib/config/environment-faults';
import { withSecretFiles } from '#lib/config/secret-files';
import { writtenFaults, writtenValues } from '#lib/config/written-values';

/** The little that the command line must know to find a running process or a server to migrate. */
const commandLineSchema = environmentSchema.pick({
  DATABASE_URL: true,
  MIGRATE_DATABASE_URL: true,
  DATABASE_POOLER: true,
  DATA_DIR: true,
});

export interface CommandLineSettings {
  databaseUrl: string | undefined;
  migrateDatabaseUrl: string | undefined;
  databasePooler: Environment['DATABASE_POOLER'];
  dataDir: string;
  /** The source of `import --from pgcrypto`: its PostgreSQL, and the key of `pgp_sym_encrypt`. */
  importSource: { url: string | undefined; key: string | undefined };
}

const inFiles = ['DATABASE_URL', 'MIGRATE_DATABASE_URL', 'IMPORT_DATABASE_URL', 'IMPORT_KEY'];

/**
 * Reads where the data is, without asking for the secrets that only a whole process needs.
 * @throws Error with every fault of these variables
 */
export function getCommandLineSettings(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): CommandLineSettings {
  const faults: string[] = [];
  const given = withSecretFiles(writtenValues(variables), inFiles, faults);
  const names = [...Object.keys(commandLineSchema.shape), ...inFiles];
  faults.push(...new Set(writtenFaults(given, names).map(([, fault]) => fault)));
  const settings = commandLineSchema.safeParse(given, { error: sentenceOf });
  if (faults.length === 0)
    faults.push(...(settings.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`));
  if (faults.length > 0 || !settings.success) throw new Error(faults.join('; '));
  return {
    databaseUrl: settings.data.DATABASE_URL,
    migrateDatabaseUrl: settings.data.MIGRATE_DATABASE_URL,
    databasePooler: settings.data.DATABASE_POOLER,
    dataDir: settings.data.DATA_DIR,
    importSource: { url: given.IMPORT_DATABASE_URL, key: given.IMPORT_KEY },
  };
}

/** The hub that a developer's machine asks, and the key that it shows there; undefined where it is not set. */
export interface HubSettings {
  url: string | undefined;
  apiKey: string | undefined;
}

/**
 * Reads `HUB_URL`, or `APP_URL` on the hub's own machine, and `GRANTKEEP_KEY`, as the examples call them.
 * @throws Error where `GRANTKEEP_KEY_FILE` cannot be read
 */
export function getHubSettings(variables: Readonly<Record<string, string | undefined>> = process.env): HubSettings {
  const faults: string[] = [];
  const given = withSecretFiles(writtenValues(variables), ['GRANTKEEP_KEY'], faults);
  faults.push(...writtenFaults(given, ['HUB_URL', 'APP_URL', 'GRANTKEEP_KEY']).map(([, fault]) => fault));
  if (faults.length > 0) throw new Error(faults.join('; '));
  return { url: given.HUB_URL ?? given.APP_URL, apiKey: given.GRANTKEEP_KEY };
}
