import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '#lib/config/config';
import type { Runtime } from '#lib/context';
import { migrateServer } from '#lib/db/migrate';
import { openPostgres } from '#lib/db/open';
import { createLogger } from '#lib/log';
import { assembleRuntime } from '#lib/runtime';
import { addApiKey, addConnection, addPerson, plainRecord } from '#tests/hub';
import { randomFrom, wait } from '#tests/random';
import { openTcpGate } from '#tests/servers/tcp-gate';
import { hubEnvironment } from '../stage.ts';
import { startAuthorizationServer } from './authorization-server.ts';
import { type Heard, type Slot, startCallers } from './callers.ts';
import { startDatabasePair } from './database-pair.ts';
import { type Done, type Event, eventsOn } from './events.ts';
import { makeHubs } from './hubs.ts';
import { judge, type Verdict } from './judge.ts';
import { readDatabase, readHistory, settle } from './settle.ts';

/** A part of a campaign, with processes, database and authorization server of its own. */
export interface PartMade {
  /** Names its folder and files. */
  name: string;
  /** Where is written down what was wrong. */
  results: string;
  /** The hub as one file (`bundleHub`). */
  program: string;
  seed: number;
  /** The faults of the part, in their order. */
  events: readonly Event[];
  /** Milliseconds from one event to the next, at most. */
  pauseMs: number;
  connections: number;
  callers: number;
  /** Seconds for which each provider forgives a replaced token; 0: not at all. */
  leeways: readonly number[];
}

/** What the part did and found. */
export interface Part {
  done: Done;
  killsInRefresh: number;
  heard: Heard;
  verdict: Verdict;
  /** Refresh tokens that the server took. */
  refreshes: number;
  /** Processes that were started and ended before they listened, since the database was away. */
  failedStarts: number;
  /** Freezes and stopped refreshes at the end, which a person would have to look at. */
  standing: number;
  seconds: number;
}

const hubCount = 3;

/** The provider of a grant, as `leeway60-12` is of `leeway60`. */
export const providerOf = (grant: string): string => grant.replace(/-\d+$/, '');
export const providerOfLeeway = (seconds: number): string => (seconds === 0 ? 'strict' : `leeway${seconds}`);

/** Does what it is told under callers that never stop, lets everything end, and judges what came of it. */
export async function runPart(parent: string, made: PartMade): Promise<Part> {
  const ends: (() => unknown)[] = [];
  try {
    return await run(join(parent, made.name), made, (end) => void ends.push(end));
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function run(folder: string, made: PartMade, atEnd: (end: () => unknown) => void): Promise<Part> {
  const begunAt = performance.now();
  const random = randomFrom(made.seed);
  const leewayOf = new Map(made.leeways.map((seconds) => [providerOfLeeway(seconds), seconds]));
  const leewayMs = (grant: string) => (leewayOf.get(providerOf(grant)) ?? 0) * 1000;
  const server = await startAuthorizationServer({ random, leewayMs, expiresInSeconds: 3, longestMs: 60 });
  atEnd(server.close);
  const serverGate = await openTcpGate({ host: '127.0.0.1', port: server.port });
  atEnd(() => serverGate.shut().catch(() => {}));
  const pair = await startDatabasePair();
  atEnd(pair.close);
  await migrateServer(pair.url);

  const records = (process: string) =>
    [...leewayOf].map(([id, seconds]) => ({
      ...plainRecord(`http://127.0.0.1:${serverGate.port}`, id),
      token_endpoint: `http://127.0.0.1:${serverGate.port}/${process}/token`,
      rotation: seconds === 0 ? 'rotate' : { leeway_s: seconds },
    }));
  const environment = hubEnvironment(folder, pair.url, records('none'));
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
  const connect = async (provider: string): Promise<Slot> => {
    const grant = `${provider}-${ids.size + 1}`;
    ids.set(grant, '');
    const refreshToken = server.grant(grant);
    const id = await withRuntime(async (runtime) => {
      const { id: personId } = await addPerson(runtime);
      return addConnection(runtime, { personId, provider, subject: grant, refreshToken, expiresIn: -5, age: 60 });
    });
    ids.set(grant, id);
    return { id, grant, waitingSince: null, comeBackAt: null };
  };
  const slots: Slot[] = [];
  const providers = [...leewayOf.keys()];
  for (let n = 0; n < made.connections; n++) slots.push(await connect(providers[n % providers.length] ?? ''));

  const hubs = await makeHubs({ folder, program: made.program, count: hubCount, environment, records });
  atEnd(hubs.close);
  await Promise.all(hubs.all.map((hub) => hub.start()));
  const up = () => hubs.all.filter((hub) => hub.up);
  const urls = () => up().map(({ url }) => url);
  const reconnect = async (slot: Slot) => void Object.assign(slot, await connect(providerOf(slot.grant)));
  const callers = startCallers({ count: made.callers, key, random, slots, urls, reconnect });

  const events = eventsOn({ hubs, server, serverGate, pair, random });
  for (const [n, event] of made.events.entries()) {
    await wait(Math.floor(random() * made.pauseMs));
    await events.happen(event);
    if ((n + 1) % 25 > 0) continue;
    const ended = callers.heard.ended.length;
    const seconds = Math.round((performance.now() - begunAt) / 1000);
    console.log(`${made.name}: ${JSON.stringify(events.done)}, ${ended} grants ended, ${seconds} s`);
  }
  await events.over();
  await callers.stop();
  const endless = await settle(callers, slots, urls);
  // What a process holds is stored before it ends.
  for (const hub of hubs.all) {
    const status = await hub.end();
    if (status !== 0) events.endedBadly.push(`${hub.name}: ended with status ${status} in the end`);
  }
  const { heard } = callers;
  const { done, killsInRefresh, serverCuts, endedBadly } = events;
  const found = await withRuntime((runtime) => readDatabase(runtime, ids, server.accepts));
  const verdict = judge({ ...found, grants: server.grants, given: heard.given, killed: hubs.killed, serverCuts });
  verdict.wrong.push(
    ...endless,
    ...endedBadly,
    ...heard.unexpected.map((what) => `a caller was told ${what}`),
    ...hubs.endedByThemselves.map((name) => `${name} ended by itself`),
  );
  const grants = [...server.grants.values()];
  const evidenceOf = async (kind: string, of: (grant: string) => boolean) => {
    const suspects = grants.filter(({ name }) => of(name));
    if (suspects.length === 0 && verdict.wrong.length === 0) return;
    const history = await withRuntime((runtime) =>
      readHistory(
        runtime,
        suspects.map(({ name }) => ids.get(name) ?? ''),
      ),
    );
    const evidence = { wrong: verdict.wrong, suspects, killed: [...hubs.killed], serverCuts, at: events.at, history };
    writeFileSync(`${made.results}/${made.name}-${kind}.json`, JSON.stringify(evidence, plain, 1));
    copyFileSync(join(folder, 'hubs.log'), `${made.results}/${made.name}-hubs.log`);
  };
  await evidenceOf('evidence', (name) => verdict.wrong.some((what) => what.startsWith(`${name}:`)));
  // They are no fault, and few: why was nothing done within the leeway?
  await evidenceOf('forgiven', (name) => leewayMs(name) > 0 && verdict.lostWithProcess.includes(name));
  const refreshes = grants.reduce((sum, { issues }) => sum + issues.length, 0);
  const { failedStarts } = hubs;
  const seconds = Math.round((performance.now() - begunAt) / 1000);
  return { done, killsInRefresh, heard, verdict, refreshes, failedStarts, standing: found.standing, seconds };
}

/** Maps and sets as JSON takes them. */
const plain = (_key: string, value: unknown): unknown =>
  value instanceof Set || value instanceof Map ? [...value] : value;
