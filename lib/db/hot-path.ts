import { createConnection } from 'node:net';
import pg from 'pg';
import postgres from 'postgres';
import { type HotPath, isDatabaseUnavailable, type Pooler } from '#lib/db/database';
import { type DatabaseSockets, type Deafness, deafError } from '#lib/db/deaf-connections';
import { withinRunning } from '#lib/running-time';
import { operationOf, traced } from '#lib/telemetry/span';

/** Longest wait for an answer, in milliseconds of running time: its statements take a few. */
const patienceMs = 7_000;

interface ParsedOptions {
  host: string[];
  port: number[];
  path: string | false;
}

/**
 * A socket on which the driver notices a peer that takes the connection and closes it without a word, as a balancer
 * without a live server does. By itself the driver would connect again and again and report nothing. Nor does it listen
 * yet when an address cannot be reached at all: the socket repeats such an error once the driver listens, or it would
 * end the process.
 */
function openSocket(sockets: DatabaseSockets, { host, port, path }: ParsedOptions) {
  const socket = sockets.watch(
    path
      ? createConnection(path)
      : createConnection({ host: host[0] ?? 'localhost', port: port[0] ?? 5432, noDelay: true }),
  );
  socket.once('close', (hadError) => {
    const unheard = !hadError && socket.bytesRead === 0;
    if (unheard) socket.emit('error', Object.assign(new Error('closed at once'), { code: 'CONNECTION_CLOSED' }));
  });
  socket.once('error', (error) => {
    if (socket.listenerCount('error') > 0) return;
    setImmediate(() => {
      socket.emit('error', error);
      socket.emit('close', true);
    });
  });
  // TLS asks its socket for the name to expect.
  return Object.assign(socket, { host: host[0], port: port[0] });
}

/**
 * Left to itself the server weighs the kept plan of a statement against new ones. It takes its view of a table between
 * a vacuum and the analyze after it, holds that against the kept plan for good, and plans each call anew: a quarter of
 * a millisecond for a statement that takes as long to run (PostgreSQL's `plancache.c`, `choose_custom_plan`).
 */
const ownSettings = { statement_timeout: 30_000, plan_cache_mode: 'force_generic_plan' };

/**
 * Where the server is and how it is spoken to, as the driver of everything else reads the URL. This one takes `sslmode=require`
 * for a server that needs no proof, sends `sslrootcert` and `host` to the server as settings, and knows no socket of a folder.
 */
function addressOf(url: string): object {
  const { host, port, user, password, database, ssl } = new pg.Client({ connectionString: url });
  const options = URL.parse(url)?.searchParams.get('options');
  // Its types say `boolean`; the key is hidden from copies.
  const tls = ssl as boolean | { key?: string };
  const given = typeof tls === 'object' ? { ...tls, key: tls.key } : {};
  return {
    // The driver takes an address of IPv6 apart at its colons unless it is in a list, unlike its types say.
    host: [host],
    port: [port],
    ...(host.startsWith('/') && { path: `${host}/.s.PGSQL.${port}` }),
    user,
    password,
    database,
    // Without `host` an address would have to show a certificate of `localhost`.
    ssl: tls && { ...given, host },
    ...(options && { connection: { options } }),
  };
}

function connectTo(url: string, max: number, pooler: Pooler, sockets: DatabaseSockets) {
  const address = addressOf(url) as { connection?: { options: string } };
  const options = {
    ...address,
    max,
    prepare: pooler === 'none',
    // The driver asks for array types at each new connection and does not wait for the answer: where the connection is
    // lost meanwhile, the failure would end the process.
    fetch_types: false,
    connect_timeout: 5,
    idle_timeout: 60,
    backoff: () => 0,
    // A pooler refuses settings that it cannot keep apart for its clients.
    connection: { ...address.connection, application_name: 'grantkeep', ...(pooler === 'none' && ownSettings) },
    onnotice: () => {},
    socket: (parsed: ParsedOptions) => openSocket(sockets, parsed),
  };
  return postgres(options);
}

export interface LineOptions {
  pooler: Pooler;
  sockets: DatabaseSockets;
  deafness: Deafness;
}

/**
 * Statements over one client of the driver that is replaced as soon as a connection of it fails: waiting statements are
 * refused at once instead of one by one, and a client that lost a connection in the middle of a write may never write
 * again.
 */
function openLine(url: string, max: number, { pooler, sockets, deafness }: LineOptions) {
  let client = connectTo(url, max, pooler, sockets);
  return {
    async run(text: string, parameters: readonly (string | null)[]): Promise<unknown> {
      const used = client;
      try {
        const answer = used.unsafe(text, [...parameters], { prepare: pooler === 'none' });
        const lost = Promise.withResolvers<never>();
        const heard = deafness.listen(Promise.race([answer, lost.promise]), undefined, () =>
          lost.reject(deafError('no answer')),
        );
        return await withinRunning(patienceMs, heard, () => deafError('no answer'));
      } catch (error) {
        if (used === client && isDatabaseUnavailable(error)) {
          client = connectTo(url, max, pooler, sockets);
          void used.end({ timeout: 0 });
        }
        throw error;
      }
    },
    close: () => client.end({ timeout: 5 }),
  };
}

const attributesOf = (text: string) => () =>
  ({ 'db.system.name': 'postgresql', 'db.operation.name': operationOf(text) }) as const;

/**
 * Opens the connections of the hot path, apart from each other so that no read waits for a commit. One each: callers
 * share statements, and one pipelined connection serves small ones faster than ten.
 */
export function openHotPath(url: string, options: LineOptions): HotPath & { close(): Promise<void> } {
  const reading = openLine(url, 1, options);
  const writing = openLine(url, 1, options);
  return {
    read: async <Row>(text: string, parameters: readonly (string | null)[]) =>
      (await traced('database', attributesOf(text), () => reading.run(text, parameters))) as Row[],
    write: async (text, parameters) =>
      void (await traced('database', attributesOf(text), () => writing.run(text, parameters))),
    close: async () => {
      await Promise.all([reading.close(), writing.close()]);
    },
  };
}
