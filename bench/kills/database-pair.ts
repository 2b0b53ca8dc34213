import { sql } from 'drizzle-orm';
import { rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { type PostgresServer, startPostgres } from '#scripts/postgres-server';
import { wait } from '#tests/random';
import { openTcpGate, type TcpGate } from '#tests/servers/tcp-gate';

const settings = { wal_level: 'replica', hot_standby: 'on', synchronous_commit: 'on', max_connections: '200' };

async function run<T extends Record<string, unknown>>(url: string, statement: string): Promise<T[]> {
  const database = openPostgres(url, { max: 1 });
  return rowsOf<T>(await database.db.execute(sql.raw(statement)).finally(() => database.close()));
}

/** A primary and its standby behind one address, which follows whichever serves. */
export interface DatabasePair {
  /** For clients, through a gate that can be cut. */
  url: string;
  gate: TcpGate;
  /** The primary itself, past the gate. */
  direct(): string;
  /** Ends the primary as in a crash and promotes the standby; answers when the address leads there. */
  promote(): Promise<void>;
  /** Gives the primary a standby again. */
  addStandby(): Promise<void>;
  close(): Promise<void>;
}

const inHub = (url: string) => url.replace(/\/postgres$/, '/hub');
const portOf = (url: string) => Number(new URL(url).port);

/** Starts both, with an empty database `hub`. A commit waits until the standby has it, as the guide advises. */
export async function startDatabasePair(): Promise<DatabasePair> {
  let primary: PostgresServer = await startPostgres(settings);
  let standby: PostgresServer | undefined;
  const target = { host: '127.0.0.1', port: portOf(primary.url) };
  const gate = await openTcpGate(target);
  await run(primary.url, 'create database hub');
  const address = new URL(inHub(primary.url));
  address.port = String(gate.port);

  const waitForStandby = async (on: boolean) => {
    await run(primary.url, on ? "alter system set synchronous_standby_names = '*'" : 'alter system reset all');
    await run(primary.url, 'select pg_reload_conf()');
  };
  const pair: DatabasePair = {
    url: address.href,
    gate,
    direct: () => inHub(primary.url),
    promote: async () => {
      if (!standby) throw new Error('There is no standby to promote.');
      await primary.stop('SIGQUIT');
      primary = standby;
      standby = undefined;
      await run(primary.url, 'select pg_promote()');
      await waitForStandby(false);
      await gate.shut();
      target.port = portOf(primary.url);
      await gate.open();
    },
    addStandby: async () => {
      standby = await startPostgres(settings, primary.url);
      const streams = () => run(primary.url, "select 1 from pg_stat_replication where state = 'streaming'");
      while ((await streams()).length === 0) await wait(50);
      await waitForStandby(true);
    },
    close: async () => {
      await gate.shut().catch(() => {});
      await standby?.stop();
      await primary.stop('SIGQUIT');
    },
  };
  await pair.addStandby();
  return pair;
}
