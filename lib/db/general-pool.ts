import { Socket } from 'node:net';
import pg from 'pg';
import type { Pooler } from '#lib/db/database';
import { type DatabaseSockets, type Deafness, deafError, probeMs, watchForDeafness } from '#lib/db/deaf-connections';
import { afterRunning, withinRunning } from '#lib/running-time';
import { operationOf, type SpanAttributes, traced } from '#lib/telemetry/span';

export interface PoolOptions {
  max: number;
  pooler: Pooler;
  /** After which the server gives a statement up; 0: never. Behind a pooler the role's own setting decides. */
  statementTimeoutMs: number;
  sockets: DatabaseSockets;
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

/** A pooled connection with a socket of ours. */
interface Connection extends pg.PoolClient {
  socket: Socket;
  /** The server's session. */
  processID?: number;
}

interface Limits {
  deafness: Deafness;
  /** Milliseconds of running time after which a statement is given up; 0: never. */
  overdueMs: number;
}

/** The driver's client, over sockets that are kept track of. */
function clientOver(sockets: DatabaseSockets): typeof pg.Client {
  return class extends pg.Client {
    readonly socket: Socket;
    constructor(config: pg.ClientConfig) {
      const socket = sockets.watch(new Socket());
      super({ ...config, stream: () => socket });
      this.socket = socket;
    }
  };
}

/**
 * Asks over a new connection which sessions of this role are at work. With a pooler between, the driver's session is not
 * the server's, and nothing can be told. A refusal is an answer, too.
 */
async function askWhoIsAtWork(client: pg.Client, pooler: Pooler): Promise<ReadonlySet<number> | null | undefined> {
  client.on('error', () => {});
  const asked = (async () => {
    await client.connect();
    const found = await client.query<{ pid: number }>(
      "select pid from pg_stat_activity where usename = current_user and state = 'active'",
    );
    return pooler === 'none' ? new Set(found.rows.map(({ pid }) => pid)) : null;
  })();
  try {
    return await withinRunning(probeMs, asked, () => deafError('no answer'));
  } catch (error) {
    return error instanceof pg.DatabaseError ? null : undefined;
  } finally {
    asked.catch(() => {});
    client.end().catch(() => {});
  }
}

/** What a span says of a statement: never its text. */
function attributesOf(given: unknown): SpanAttributes {
  const text = typeof given === 'object' && given !== null && 'text' in given ? given.text : given;
  return { 'db.system.name': 'postgresql', 'db.operation.name': operationOf(text) };
}

/**
 * Makes sure that a connection that is lost leaves the pool even where its borrower never gives it back (Drizzle does
 * not when `begin` itself fails), that giving it back twice does no harm, and that a statement without an answer ends.
 */
function guard(client: Connection, { deafness, overdueMs }: Limits): pg.PoolClient {
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
  client.query = ((...given: unknown[]) => {
    const fail = () => void client.socket.destroy(deafError('no answer'));
    const overdue = overdueMs > 0 ? afterRunning(overdueMs, fail) : () => {};
    return traced(
      'database',
      () => attributesOf(given[0]),
      () => deafness.listen(query(...given), client.processID, fail),
    )
      .catch((error: unknown) => {
        if (!(error instanceof pg.DatabaseError)) giveBack(true);
        throw withCode(error);
      })
      .finally(overdue);
  }) as typeof client.query;
  return client;
}

/**
 * Opens the pool for everything but the hot path. It connects at the first statement. If a transaction loses its
 * connection, it fails as a whole, with an error that `isDatabaseUnavailable` knows, and harms no later transaction.
 */
export function openGeneralPool(
  url: string,
  { max, pooler, statementTimeoutMs, sockets }: PoolOptions,
): { pool: pg.Pool; deafness: Deafness } {
  const Client = clientOver(sockets);
  const address = { connectionString: url, application_name: 'grantkeep' };
  const deafness = watchForDeafness(sockets, () => askWhoIsAtWork(new Client(address), pooler));
  const limits: Limits = { deafness, overdueMs: statementTimeoutMs > 0 ? statementTimeoutMs + 5_000 : 0 };
  const pool = new pg.Pool({
    ...address,
    Client,
    max,
    connectionTimeoutMillis: connectMs,
    idleTimeoutMillis: idleMs,
    ...(statementTimeoutMs > 0 && {
      // A pooler refuses settings that it cannot keep apart for its clients.
      ...(pooler === 'none' && {
        statement_timeout: statementTimeoutMs,
        // A process that stands still in a transaction has rows that statements shared by many may wait for.
        idle_in_transaction_session_timeout: statementTimeoutMs / 2,
      }),
    }),
  });
  // The statement that was running tells its caller; without a listener the process would end.
  pool.on('connect', (client) => void client.on('error', () => {}));
  pool.on('error', () => {});
  const connect = pool.connect.bind(pool) as unknown as () => Promise<Connection>;
  const borrow = async () => {
    const begunAt = performance.now();
    try {
      return guard(await connect(), limits);
    } catch (error) {
      // The driver's words for a wait that was too long differ by where it waited, and are text only.
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
  return { pool, deafness };
}
