import { type Environment, environmentSchema } from '#lib/config/environment';

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
}

/**
 * Reads where the data is, without asking for the secrets that only a whole process needs.
 * @throws z.ZodError
 */
export function getCommandLineSettings(variables = process.env): CommandLineSettings {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim()));
  const settings = commandLineSchema.parse(given);
  return {
    databaseUrl: settings.DATABASE_URL,
    migrateDatabaseUrl: settings.MIGRATE_DATABASE_URL,
    databasePooler: settings.DATABASE_POOLER,
    dataDir: settings.DATA_DIR,
  };
}
