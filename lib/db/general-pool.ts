import pg from 'pg';
import type { Pooler } from '#lib/db/database';

export interface PoolOptions {
  max: number;
  pooler: Pooler;
  /** After which the server gives a statement up; 0: never. Behind a pooler the role's own setting decides. */
  statementTimeoutMs: number;
}

/** Milliseconds for which a statement waits for a connection: about as long as a caller has patience. */
const connectMs = 10_000;

/** Longer than the minute from one tick to the next, or each would begin with making its connections anew. */
const idleMs = 90_000;

/** Timers may fire a little before their time by another clock. */
const earlyMs = 50;

/** The driver's own errors have no code: they tell of a connection that is lost or could not be made. */
function withCode(error: unknown, code: 'CONNECTION_CLOSED' | 'CONNECT_TIMEOUT' = 'CONNECTION_CLOSED'): unknown {
  if (error instanceof Error && error.name === 'Error' && !('code' in error)) Object.assign(error, { code });
  return error;
}

type Query = (...given: unknown[]) => Promise<unknown>;

/**
 * Makes sure that a connection that is lost leaves the pool even where its borrower never gives it back (Drizzle does
 * not when `begin` itself fails), and that giving it back twice does no harm.
 */
function guard(client: pg.PoolClient): pg.PoolClient {
  const release = client.release;
  const query = pg.Client.prototype.query.bind(client) as Query;
  let released = false;
  const giveBack = (broken?: Error | boolean) => {
    if (released) return;
    released = true;
    client.removeListener('end', lost);
    release(broken);
  };
  const lost = () => giveBack(true);
  client.once('end', lost);
  client.release = giveBack;
  client.query = ((...given: unknown[]) =>
    query(...given).catch((error: unknown) => {
      if (!(error instanceof pg.DatabaseError)) giveBack(true);
      throw withCode(error);
    })) as typeof client.query;
  return client;
}

/**
 * Opens the pool for everything but the hot path. It connects at the first statement. A transaction whose connection is
 * lost fails as a whole, with an error that `isDatabaseUnavailable` knows, and harms nothing that comes after it.
 */
export function openGeneralPool(url: string, { max, pooler, statementTimeoutMs }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: 'grantkeep',
    connectionTimeoutMillis: connectMs,
    idleTimeoutMillis: idleMs,
    keepAlive: true,
    ...(statementTimeoutMs > 0 && {
      // A pooler refuses settings that it cannot keep apart for its clients.
      ...(pooler === 'none' && {
        statement_timeout: statementTimeoutMs,
        // A process that stands still in a transaction has rows that statements shared by many may wait for.
        idle_in_transaction_session_timeout: statementTimeoutMs / 2,
      }),
      // A peer that died without a word would hold its connection for hours.
      query_timeout: statementTimeoutMs + 5_000,
    }),
  });
  // The statement that was running tells its caller; without a listener the process would end.
  pool.on('connect', (client) => void client.on('error', () => {}));
  pool.on('error', () => {});
  const connect = pool.connect.bind(pool) as () => Promise<pg.PoolClient>;
  const borrow = async () => {
    const begunAt = performance.now();
    try {
      return guard(await connect());
    } catch (error) {
      // What the driver says of a wait that was too long differs by where it was waited, and is text only.
      const waited = performance.now() - begunAt >= connectMs - earlyMs;
      throw withCode(error, waited ? 'CONNECT_TIMEOUT' : 'CONNECTION_CLOSED');
    }
  };
  pool.connect = borrow as typeof pool.connect;
  pool.query = (async (...given: unknown[]) => {
    const client = await borrow();
    try {
      return await (client.query as Query)(...given);
    } finally {
      client.release();
    }
  }) as typeof pool.query;
  return pool;
}
