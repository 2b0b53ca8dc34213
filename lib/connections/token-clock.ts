import { sql } from 'drizzle-orm';
import { connections } from '#lib/db/schema/connections';

/** True while the access token lives by the database's clock, or where nothing is known of its end. */
export const tokenIsAlive = sql<boolean>`coalesce(${connections.accessTokenExpiresAt} > clock_timestamp(), true)`;
