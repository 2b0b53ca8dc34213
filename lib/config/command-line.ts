import { environmentSchema } from '#lib/config/environment';

/** The little that the command line must know to find a running process or a server to migrate. */
const commandLineSchema = environmentSchema.pick({ DATABASE_URL: true, MIGRATE_DATABASE_URL: true, DATA_DIR: true });

export interface CommandLineSettings {
  databaseUrl: string | undefined;
  migrateDatabaseUrl: string | undefined;
  dataDir: string;
}

/**
 * Reads where the data is, without asking for the secrets that only a whole process needs.
 * @throws z.ZodError
 */
export function getCommandLineSettings(variables = process.env): CommandLineSettings {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim()));
  const { DATABASE_URL, MIGRATE_DATABASE_URL, DATA_DIR } = commandLineSchema.parse(given);
  return { databaseUrl: DATABASE_URL, migrateDatabaseUrl: MIGRATE_DATABASE_URL, dataDir: DATA_DIR };
}
