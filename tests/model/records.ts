import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { placesOfRevocation, refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { type Runtime, systemContext } from '#lib/context';
import { migrateEmbedded } from '#lib/db/migrate';
import { pgliteOptions, wrapPglite } from '#lib/db/open';
import { instance } from '#lib/db/schema/instance';
import { record } from '#lib/ledger/record';

/** A database that all worlds of a process share; making one takes seconds. */
export async function openWorldDatabase() {
  const database = wrapPglite(await PGlite.create(pgliteOptions));
  await migrateEmbedded(database);
  return database;
}
export type WorldDatabase = Awaited<ReturnType<typeof openWorldDatabase>>;

/** What a connection's row says of it. */
export interface Row {
  subject: string;
  status: string;
  statusReason: string | null;
  lastRefreshError: string | null;
  /** Its refresh token; empty where it was erased. */
  token: string;
}

/** What the database says: the rows of connections, and the refresh tokens that the revocations have. */
export interface Stored {
  rows: Row[];
  /** Tokens of revocations that are not over. */
  revoking: string[];
  /** A revocation that is not over and has tokens. */
  unsettled: boolean;
}

interface FoundRow {
  personId: string;
  id: string;
  provider: string;
  issuer: string;
  subject: string;
  accountParams: Record<string, string>;
  generation: number;
  status: string;
  statusReason: string | null;
  lastRefreshError: string | null;
  refreshToken: string | null;
}

type FoundRevocation = Parameters<typeof placesOfRevocation>[0] & { refreshToken: string | null };

/** Reads them, and opens each sealed value once. */
export class Records {
  readonly #database: WorldDatabase;
  readonly #own: Runtime;
  readonly #opened = new Map<string, string>();

  constructor(database: WorldDatabase, own: Runtime) {
    this.#database = database;
    this.#own = own;
  }

  async read(): Promise<Stored> {
    const { pglite } = this.#database;
    const { rows: found } = await pglite.query<FoundRow>(
      `select person_id as "personId", id, provider, issuer, subject, account_params as "accountParams", generation,
        status, status_reason as "statusReason", last_refresh_error as "lastRefreshError",
        refresh_token as "refreshToken" from connections order by created_at, id`,
    );
    const { rows: revocations } = await pglite.query<FoundRevocation>(
      `select person_id as "personId", connection_id as "connectionId", replaced_generation as "replacedGeneration",
        provider, account_params as "accountParams", refused, refresh_token as "refreshToken" from revocations
        where state in ('pending', 'failed') or proof in ('due', 'still_accepted')`,
    );
    const rows = found.map((row) => ({ ...row, token: this.#open(row.refreshToken, refreshTokenPlace(row)) }));
    const revoking = revocations.map((one) => {
      const row = rows.find(({ id }) => id === one.connectionId);
      if (one.replacedGeneration === 0) return row?.token ?? '';
      return this.#open(one.refreshToken, placesOfRevocation(one, row).refreshToken);
    });
    return { rows, revoking, unsettled: revocations.length > 0 };
  }

  #open(sealed: string | null, place: Parameters<Runtime['vault']['open']>[1]): string {
    if (sealed === null) return '';
    const token = this.#opened.get(sealed) ?? this.#own.vault.open(sealed, place);
    this.#opened.set(sealed, token);
    return token;
  }
}

/** Makes the database one of a new world, at that moment. */
export async function clearDatabase({ db }: WorldDatabase, now: number): Promise<void> {
  for (const table of ['revocations', 'connection_uses', 'connections', 'provider_stops', 'instance']) {
    await db.execute(sql.raw(`delete from ${table}`));
  }
  await db.execute(sql`drop table if exists snapshot`);
  await db.insert(instance).values({ id: 'hub_model', mark: new Date(now), writtenBy: 0n });
}

/** Keeps the connections as they are now: what a standby has that gets nothing more. */
export async function takeSnapshot({ db }: WorldDatabase): Promise<void> {
  await db.execute(sql`drop table if exists snapshot`);
  await db.execute(sql`create table snapshot as select * from connections`);
}

const lagging = [
  ...['access_token', 'access_token_issued_at', 'access_token_expires_at', 'refresh_token', 'generation'],
  ...['refresh_token_expires_at', 'lease_owner', 'lease_expires_at', 'status', 'status_reason', 'spent_at'],
  ...['last_refresh_error', 'refresh_failures', 'next_refresh_attempt_at', 'last_refreshed_at'],
  ...['refused_at', 'refused_generation', 'forced_at'],
];

/** Goes back to the snapshot, and says that a standby took over. */
export async function restoreSnapshot({ db }: WorldDatabase, own: Runtime): Promise<void> {
  const columns = sql.raw(lagging.map((name) => `${name} = snapshot.${name}`).join(', '));
  await db.execute(sql`update connections set ${columns} from snapshot where snapshot.id = connections.id`);
  await db.execute(sql`drop table snapshot`);
  await db.update(instance).set({ promotedAt: sql`clock_timestamp()` });
  await record(db, systemContext(own, 'restore-guard'), { action: 'instance.promoted', details: {} });
}
