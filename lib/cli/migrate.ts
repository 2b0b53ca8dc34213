import type { CommandLineSettings } from '#lib/config/command-line';
import type { Db } from '#lib/db/database';
import { grantToServingRole } from '#lib/db/grants';
import { migrateServer } from '#lib/db/migrate';
import { AppError } from '#lib/errors';

/** The role in a connection URL, by itself and undecorated. */
function roleOf(url: string): string {
  return decodeURIComponent(new URL(url).username);
}

/**
 * Brings the server's database to this build's schema, under a lock, and gives the serving role its rights where it is
 * another than the owner. Answers the line to print.
 * @throws AppError `invalid_request` without DATABASE_URL: the embedded database is migrated whenever it is opened
 */
export async function migrate(settings: CommandLineSettings): Promise<Record<string, unknown>> {
  const { databaseUrl, migrateDatabaseUrl } = settings;
  const owner = migrateDatabaseUrl ?? databaseUrl;
  if (!databaseUrl || !owner) {
    throw new AppError('invalid_request', {
      message: 'migrate needs DATABASE_URL; the embedded database is migrated when it is opened.',
    });
  }
  const servingRole = roleOf(databaseUrl);
  const apart = servingRole !== '' && servingRole !== roleOf(owner);
  const steps = {
    after: async (db: Db) => {
      if (apart) await grantToServingRole(db, servingRole);
    },
  };
  await migrateServer(owner, steps, settings.databasePooler);
  return { migrated: true, granted_to: apart ? servingRole : null };
}
