import { join } from 'node:path';
import { inArray, isNull, sql } from 'drizzle-orm';
import { parseConfig } from '#lib/config/config';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Runtime } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { migrateServer } from '#lib/db/migrate';
import { openPostgres } from '#lib/db/open';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { providerStops } from '#lib/db/schema/provider-stops';
import { createLogger } from '#lib/log';
import { assembleRuntime } from '#lib/runtime';
import { addApiKey, addConnection, addPerson, plainRecord } from '#tests/hub';
import { randomFrom, wait } from '#tests/random';
import { openTcpGate } from '#tests/servers/tcp-gate';
import { hubEnvironment, type Stage } from '../stage.ts';
import { shuffled } from '../statistics.ts';
import { startAuthorizationServer } from './authorization-server.ts';
import { type Callers, type Heard, type Slot, startCallers } from './callers.ts';
import { startDatabasePair } from './database-pair.ts';
import { type Hub, makeHubs } from './hubs.ts';
import { type GrantRow, judge, type Verdict } from './judge.ts';

export interface CampaignSize {
  kills: number;
  restarts: number;
  cuts: number;
  promotions: number;
  connections: number;
  callers: number;
  /** How long the forgiving provider forgives. */
  leewaySeconds: number;
  /** After so long nothing new is done, and what was done is judged. */
  minutes: number;
  seed: number;
}

type Event = 'kill' | 'restart' | 'cut' | 'promotion';
export type Done = Record<Event, number>;

/** What the campaign did and found. */
export interface Campaign {
  done: Done;
  heard: Heard;
  verdict: Verdict;
  /** Refresh tokens that the server took. */
  refreshes: number;
  /** Processes that were started and ended before they listened, since the database was away. */
  failedStarts: number;
  /** Brakes and stopped refreshes at the end, which a person would have to look at. */
  standing: number;
  seconds: number;
}

const hubCount = 3;
/** How long after the last event everything must have found its end: longer than a spending lease. */
const settlingMs = 300_000;

/** Grants of the strict provider end when a replaced token is shown; those of the other are forgiven for a while. */
const providerOf = (grant: string) => (grant.startsWith('strict') ? 'strict' : 'forgiving');

/** Kills, restarts, cuts and promotions in random order under callers that never stop; then what came of it. */
export async function runCampaign(stage: Stage, size: CampaignSize): Promise<Campaign> {
  const begunAt = performance.now();
  const random = randomFrom(size.seed);
  const leewayMs = (grant: string) => (providerOf(grant) === 'forgiving' ? size.leewaySeconds * 1000 : 0);
  const server = await startAuthorizationServer({ random, leewayMs, expiresInSeconds: 3, longestMs: 60 });
  stage.onClose(server.close);
  const serverGate = await openTcpGate({ host: '127.0.0.1', port: server.port });
  stage.onClose(() => serverGate.shut().catch(() => {}));
  const pair = await startDatabasePair();
  stage.onClose(pair.close);
  await migrateServer(pair.url);

  const records = (process: string) =>
    ['strict', 'forgiving'].map((id) => ({
      ...plainRecord(`http://127.0.0.1:${serverGate.port}`, id),
      token_endpoint: `http://127.0.0.1:${serverGate.port}/${process}/token`,
      rotation: id === 'strict' ? 'rotate' : { leeway_s: size.leewaySeconds },
    }));
  const environment = hubEnvironment(join(stage.folder, 'hubs'), pair.url, records('none'));
  const log = createLogger({ level: 'silent', pretty: false });
  const open = (): Runtime =>
    assembleRuntime(parseConfig(environment), openPostgres(pair.direct(), { max: 2 }), { log });
  /** With a way of its own to whichever server is the primary. */
  const withRuntime = async <T>(work: (runtime: Runtime) => Promise<T>): Promise<T> => {
    for (let left = 100; ; left--) {
      const runtime = open();
      try {
        return await work(runtime);
      } catch (error) {
        // A standby may be taking over just now.
        if (left === 0) throw error;
        await wait(200);
      } finally {
        await runtime.database.close();
      }
    }
  };

  const ids = new Map<string, string>();
  const { key } = await withRuntime((runtime) => addApiKey(runtime));
  let made = 0;
  const connect = async (kind: string): Promise<Slot> => {
    made += 1;
    const grant = `${kind}${made}`;
    const refreshToken = server.grant(grant);
    const id = await withRuntime(async (runtime) => {
      const { id: personId } = await addPerson(runtime);
      return addConnection(runtime, { personId, provider: kind, subject: grant, refreshToken, expiresIn: -5, age: 60 });
    });
    ids.set(grant, id);
    return { id, grant, waitingSince: null };
  };
  const slots: Slot[] = [];
  for (let n = 0; n < size.connections; n++) slots.push(await connect(n % 2 === 0 ? 'strict' : 'forgiving'));

  const hubs = await makeHubs({ folder: join(stage.folder, 'hubs'), count: hubCount, environment, records });
  stage.onClose(hubs.close);
  await Promise.all(hubs.all.map((hub) => hub.start()));
  const up = () => hubs.all.filter((hub) => hub.up);
  const callers = startCallers({
    count: size.callers,
    key,
    random,
    slots,
    urls: () => up().map(({ url }) => url),
    reconnect: async (slot) => void Object.assign(slot, await connect(providerOf(slot.grant))),
  });

  const done: Done = { kill: 0, restart: 0, cut: 0, promotion: 0 };
  const serverCuts: number[] = [];
  const behind: Promise<unknown>[] = [];
  const anyUp = async (least: number): Promise<Hub> => {
    while (up().length < least) await wait(20);
    return up()[Math.floor(random() * up().length)] as Hub;
  };
  const wrong: string[] = [];
  let cutting: Promise<void> = Promise.resolve();
  let promoting: Promise<void> = Promise.resolve();
  const cut = async (turn: number): Promise<void> => {
    const ms = 200 + Math.floor(random() * 4000);
    if (turn % 4 === 3) {
      serverCuts.push(Date.now());
      await serverGate.shut();
      await wait(ms);
      return serverGate.open();
    }
    if (turn % 4 === 1) {
      pair.gate.deafen();
      await wait(ms * 3);
      return pair.gate.hear();
    }
    await pair.gate.shut();
    await wait(ms);
    await pair.gate.open();
  };
  const events: Record<Event, () => Promise<void>> = {
    kill: async () => {
      const hub = await anyUp(hubCount - 1);
      await wait(Math.floor(random() * 300));
      await hub.kill();
      behind.push(hub.start());
    },
    restart: async () => {
      const hub = await anyUp(hubCount);
      const { name } = hub;
      const status = await hub.end();
      if (status !== 0) wrong.push(`${name}: ended with status ${status} when it was told to end`);
      behind.push(hub.start());
    },
    // They go on while processes are killed.
    cut: async () => {
      await Promise.all([cutting, promoting]);
      cutting = cut(done.cut);
    },
    promotion: async () => {
      await Promise.all([cutting, promoting]);
      await anyUp(hubCount - 1);
      await pair.promote();
      promoting = pair.addStandby();
    },
  };
  const order = shuffled(
    [
      ...Array<Event>(size.kills).fill('kill'),
      ...Array<Event>(size.restarts).fill('restart'),
      ...Array<Event>(size.cuts).fill('cut'),
      ...Array<Event>(size.promotions).fill('promotion'),
    ],
    random,
  );
  for (const [n, event] of order.entries()) {
    if (performance.now() - begunAt > size.minutes * 60_000) break;
    await events[event]();
    done[event] += 1;
    if ((n + 1) % 25 === 0) console.log(`${JSON.stringify(done)} after ${Math.round(performance.now() - begunAt)} ms`);
  }
  await Promise.all([cutting, promoting, ...behind]);
  await callers.stop();
  await settle(callers, slots, () => up().map(({ url }) => url), wrong);
  const { heard } = callers;
  wrong.push(...heard.unexpected.map((what) => `a caller was told ${what}`));
  wrong.push(...hubs.endedByThemselves.map((name) => `${name} ended by itself`));
  const found = await withRuntime((runtime) => readDatabase(runtime, ids, server.accepts));
  const verdict = judge({ ...found, grants: server.grants, given: heard.given, killed: hubs.killed, serverCuts });
  verdict.wrong.push(...wrong);
  const refreshes = [...server.grants.values()].reduce((sum, { issues }) => sum + issues.length, 0);
  const { failedStarts } = hubs;
  const seconds = Math.round((performance.now() - begunAt) / 1000);
  return { done, heard, verdict, refreshes, failedStarts, standing: found.standing, seconds };
}

/** Asks for every connection until it gave a token or needs its person, so that whatever hung has come to its end. */
async function settle(callers: Callers, slots: readonly Slot[], urls: () => string[], wrong: string[]): Promise<void> {
  const giveUpAt = Date.now() + settlingMs;
  const over = async (slot: Slot) => {
    // Its token of a moment ago is over by then, so that the next is a refresh.
    for (let given = 0; given < 2; ) {
      const { grant } = slot;
      if (Date.now() > giveUpAt) return void wrong.push(`${grant}: no token for five minutes, and no end`);
      if (await callers.ask(urls()[0] ?? '', slot)) given += 1;
      if (slot.grant !== grant) return;
      await wait(given === 1 ? 3000 : 500);
    }
  };
  await Promise.all(slots.map(over));
}

/** What the database says in the end. */
async function readDatabase(
  runtime: Runtime,
  ids: ReadonlyMap<string, string>,
  accepts: (refreshToken: string) => boolean,
): Promise<{ rows: Map<string, GrantRow>; inLedger: Set<string>; standing: number }> {
  const { db } = runtime.database;
  const all = await db
    .select()
    .from(connections)
    .where(inArray(connections.id, [...ids.values()]));
  const byId = new Map(all.map((row) => [row.id, row]));
  const rows = new Map<string, GrantRow>();
  for (const [grant, id] of ids) {
    const row = byId.get(id);
    if (!row) continue;
    const token = runtime.vault.open(row.refreshToken ?? '', refreshTokenPlace(row));
    rows.set(grant, { status: row.status, statusReason: row.statusReason, accepted: accepts(token) });
  }
  const vends = rowsOf<{ id: string }>(
    await db.execute(sql`select request_id as id from ledger where action = 'token.vended' and outcome = 'ok'`),
  );
  const brakes = await db.select({ id: freezes.id }).from(freezes).where(isNull(freezes.liftedAt));
  const stops = await db.select().from(providerStops).where(isNull(providerStops.endedAt));
  return { rows, inLedger: new Set(vends.map(({ id }) => id)), standing: brakes.length + stops.length };
}
