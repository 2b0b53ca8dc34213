import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sql } from 'drizzle-orm';
import { capture, end } from '#scripts/processes';
import { installBetterAuth } from './better-auth/install.ts';
import type { Filled } from './fill.ts';
import { sealFloorToken } from './floor.ts';
import { ask, type Served, startHub, startProgram } from './processes.ts';
import type { BenchDatabase, Stage } from './stage.ts';
import { type CallerRequest, type Requests, vendRequest, writeRequests } from './wrk.ts';

export const caseNames = ['front_door', 'next', 'node_floor', 'next_floor', 'better_auth'] as const;
export type CaseName = (typeof caseNames)[number];

/** A server, and what its callers ask of it. */
export interface Case {
  name: CaseName;
  requests: Requests;
  stop(): Promise<void>;
}

/** Makes a case of a server and shows that it answers with the very tokens that were filled in. */
async function toCase(
  stage: Stage,
  name: CaseName,
  served: Served,
  filled: readonly Filled[],
  requestFor: (one: Filled, n: number) => CallerRequest,
): Promise<Case> {
  const all = filled.map(requestFor);
  for (const [n, request] of all.slice(0, 20).entries()) {
    const { method, headers, body } = request;
    const answer = await fetch(served.url + request.path, { method, headers, body: body ?? null });
    const said = (await answer.json()) as { access_token?: string; accessToken?: string };
    const token = said.access_token ?? said.accessToken;
    if (answer.status !== 200 || token !== filled[n]?.accessToken) {
      throw new Error(`${name} answers ${answer.status}, not with the connection’s token.`);
    }
  }
  const requests = writeRequests(stage.folder, name, served.url, all);
  return { name, requests, stop: () => end(served.child) };
}

/** The product: `server.ts` as it is in service, and the same machine API through Next only. */
export async function startProduct(stage: Stage, database: BenchDatabase, filled: readonly Filled[], key: string) {
  const request = ({ id }: Filled) => vendRequest(id, key);
  const frontDoor = await startHub(stage, database);
  const next = await startProgram<Served>(stage, 'bench/programs/next-mount.ts', database.environment);
  return [
    await toCase(stage, 'front_door', frontDoor, filled, request),
    await toCase(stage, 'next', next, filled, request),
  ];
}

/** What the floors read: the same tokens in a table of two columns. */
export interface FloorTable {
  environment: Record<string, string>;
  filled: readonly Filled[];
}

/** Fills the floors' table and builds the floor of Next. */
export async function prepareFloors(
  stage: Stage,
  database: BenchDatabase,
  filled: readonly Filled[],
): Promise<FloorTable> {
  const { db } = database.runtime.database;
  const key = randomBytes(32);
  await db.execute(sql`create table floor_tokens (id text primary key, sealed bytea not null)`);
  for (let at = 0; at < filled.length; at += 2000) {
    const rows = filled
      .slice(at, at + 2000)
      .map(({ id, accessToken }) => ({ id, sealed: sealFloorToken(key, accessToken).toString('hex') }));
    await db.execute(sql`insert into floor_tokens select id, decode(sealed, 'hex')
      from json_to_recordset(${JSON.stringify(rows)}::json) as given (id text, sealed text)`);
  }
  await db.execute(sql`vacuum (analyze) floor_tokens`);
  const environment = {
    FLOOR_DATABASE_URL: database.url,
    FLOOR_KEY: key.toString('base64'),
    FLOOR_APP: await buildNextFloor(stage.folder),
  };
  return { environment, filled };
}

/**
 * Builds the floor of Next in a folder apart: within the project Next would take the project's own proxy and
 * instrumentation into it.
 */
async function buildNextFloor(folder: string): Promise<string> {
  const app = join(folder, 'next-floor');
  cpSync('bench/next-floor', app, { recursive: true });
  cpSync('bench/floor.ts', join(folder, 'floor.ts'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const { status, output } = await capture('next', ['build'], {
    cwd: app,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
  });
  if (status !== 0) throw new Error(`The floor of Next could not be built:\n${output}`);
  return app;
}

/** @param pool connections to the database */
export async function startFloor(stage: Stage, name: 'node_floor' | 'next_floor', table: FloorTable, pool: number) {
  const served = await startProgram<Served>(stage, `bench/programs/${name.replace('_', '-')}.ts`, {
    ...table.environment,
    FLOOR_POOL: String(pool),
  });
  return toCase(stage, name, served, table.filled, ({ id }) => ({ method: 'POST', path: `/token/${id}`, headers: {} }));
}

/** Better Auth with a user, a session and an account for every token, in a database of its own on the same server. */
export async function startBetterAuth(stage: Stage, filled: readonly Filled[]): Promise<Case> {
  const folder = join(stage.folder, 'better-auth');
  mkdirSync(folder);
  const program = await installBetterAuth(folder);
  const served = await startProgram<Served>(stage, program, {
    BETTER_AUTH_DATABASE_URL: await stage.createEmptyDatabase('better_auth'),
  });
  const { callers } = await ask<{ callers: { account: string; cookie: string }[] }>(served.child, {
    tokens: filled.map(({ accessToken }) => accessToken),
  });
  return toCase(stage, 'better_auth', served, filled, (_, n) => ({
    method: 'POST',
    path: '/api/auth/get-access-token',
    headers: { cookie: callers[n]?.cookie ?? '', origin: 'http://127.0.0.1', 'content-type': 'application/json' },
    body: JSON.stringify({ accountId: callers[n]?.account }),
  }));
}
