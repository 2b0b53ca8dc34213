import { and, desc, eq, gte, sql } from 'drizzle-orm';
import { expect } from 'vitest';
import type { Outcome } from '#demo/odd/oddity';
import { type Odd, startOdd } from '#demo/odd/server';
import { chooseEntry } from '#lib/connections/choose';
import { fingerprintOf } from '#lib/connections/fingerprint';
import { entryKey } from '#lib/connections/offers';
import type { Context, Runtime } from '#lib/context';
import type { Database } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { rateLimits } from '#lib/db/schema/rate-limits';
import { revocations } from '#lib/db/schema/revocations';
import { isAppError } from '#lib/errors';
import { revokeConnection } from '#lib/revocation/revoke';
import { vendToken } from '#lib/tokens/vend-token';
import { addApiKey, createRuntime, rowOf, settle } from '#tests/hub';
import { Visitor } from '#tests/visitor';

export const appUrls = ['http://localhost:3000'];

/** What comes out at a server that keeps to the standards. */
export const goodOutcome: Outcome = {
  flow: 'connected',
  missing: [],
  subject: 'odd-ada-lovelace',
  fields: [],
  life: 3600,
  refresh: 'fresh',
  revocation: 'revoked_upstream, proved',
  alive: 0,
};

/** Who goes on the journeys of a database: a person who has signed in, and a service with an API key. */
export interface Travellers {
  database: Database;
  browser: Visitor;
  service: Context;
}

/** Signs a person in at a server that keeps to the standards, and makes an API key: once for all journeys of a database. */
export async function travellersOf(database: Database): Promise<Travellers> {
  const odd = await startOdd({ appUrls });
  try {
    const runtime = createRuntime(database, [
      {
        ...{ id: 'odd', name: 'Odd', issuer: odd.issuer(), client_id: odd.clientId, client_secret: odd.clientSecret },
        ...{ scopes: ['openid', 'email'], sign_in: true },
      },
    ]);
    const visitor = new Visitor(runtime);
    const callback = await visitor.authorize(await visitor.start({ intent: 'sign_in', provider: 'odd' }));
    await visitor.callback(callback);
    const { ctx: service } = await addApiKey(runtime);
    return { database, browser: visitor, service };
  } finally {
    await odd.close();
  }
}

/** Who goes, and with which record. */
export interface Journey extends Travellers {
  record: Record<string, unknown>;
  odd: Odd;
  declines?: boolean;
  /** Fields of the form that starts the flow: the account's parts. */
  fields?: Record<string, string>;
  /** What the person does once the account is connected. */
  again?: 'reconnect' | 'another' | undefined;
}

/** Goes all the way, from the start of a flow to the proof that its tokens are dead, and says what came of it. */
export async function travel({ database, browser, service: key, ...journey }: Journey): Promise<Outcome> {
  const { record, odd, declines, fields, again } = journey;
  const runtime = createRuntime(database, [record]);
  // One person goes on more journeys in a minute than the hub lets a session begin.
  await database.db.delete(rateLimits);
  const visitor = new Visitor(runtime);
  for (const { name, value } of browser.jar.getAll()) visitor.jar.values.set(name, value);
  const provider = String(record.id);
  const started = await visitor.start({ intent: 'connect', provider, ...fields });
  const url = await visitor.authorize(atThePage(started), { deny: declines ?? false });
  const answer = await visitor.callback(url);
  // Loaded twice, the page shows the result of the first time (P-31), and no cookie grew beyond what browsers keep (P-25).
  const reloaded = await visitor.callback(url);
  expect([reloaded.status, reloaded.headers.get('location')]).toEqual([answer.status, answer.headers.get('location')]);
  for (const { value } of visitor.jar.getAll()) expect(value.length).toBeLessThan(3_000);
  const shown = new URL(answer.headers.get('location') ?? '', runtime.config.appUrl).searchParams;
  const id = shown.get('connection');
  const outcome = { ...goodOutcome, flow: shown.get('flow') ?? `http_${answer.status}` };
  if (!id) {
    await settle(runtime);
    return { ...outcome, ...noConnection, alive: odd.grants.alive() };
  }

  if (again) await onceMore(visitor, { provider, id, again });
  await choose(await visitor.context(), id);
  const service: Context = { ...key, ...runtime };
  const vended = await vendToken(service, { id });
  Object.assign(outcome, {
    ...{ missing: vended.missingScopes, subject: vended.account.subject },
    ...(await storedOf(runtime, id)),
  });
  const token = odd.grants.look(vended.accessToken);
  expect(token?.kind).toBe('access_token');
  for (const scope of vended.missingScopes) expect(token?.grant.scopes).not.toContain(scope);
  const refused = { id, rejectedTokenFingerprint: fingerprintOf(vended.accessToken) };
  const renew = () => refreshed(odd, vended.accessToken, () => vendToken(service, refused));
  outcome.refresh = await renew();
  if (outcome.refresh === 'grant_in_doubt') {
    await letMinutesPass(runtime, id);
    outcome.refresh = await renew();
  }
  await revokeConnection(await visitor.context(), { id });
  await settle(runtime);
  outcome.revocation = await revocationOf(runtime, id);
  return { ...outcome, alive: odd.grants.alive() };
}

/** The person connects the account again, or another one, which ends at once. */
async function onceMore(visitor: Visitor, { provider, id, again }: { provider: string; id: string; again: string }) {
  const intent: Record<string, string> =
    again === 'reconnect' ? { intent: 'reconnect', connection_id: id } : { intent: 'connect', provider };
  const account = again === 'reconnect' ? 'Ada Lovelace' : 'Grace Hopper';
  const answer = await visitor.callback(await visitor.authorize(await visitor.start(intent), { account }));
  const shown = new URL(answer.headers.get('location') ?? '', visitor.runtime.config.appUrl).searchParams;
  const found = shown.get('connection');
  const expected = again === 'reconnect' ? 'reconnected' : 'connected';
  expect([shown.get('flow'), found === id]).toEqual([expected, again === 'reconnect']);
  if (again === 'another') await revokeConnection(await visitor.context(), { id: found ?? '' });
}

/** The rest of an outcome where nothing was connected. */
export const noConnection = { missing: [], subject: '', fields: [], life: null, refresh: '', revocation: '' };

async function refreshed(odd: Odd, before: string, vend: () => Promise<{ accessToken: string }>): Promise<string> {
  try {
    const { accessToken } = await vend();
    if (accessToken === before) return 'same';
    return odd.grants.look(accessToken)?.kind === 'access_token' ? 'fresh' : 'the new token does not work';
  } catch (error) {
    if (isAppError(error)) return error.code;
    throw error;
  }
}

/** A grant that was refused once is asked for again some minutes later. */
async function letMinutesPass(runtime: Runtime, id: string): Promise<void> {
  await runtime.database.db
    .update(connections)
    .set({ refusedAt: sql`clock_timestamp() - interval '10 minutes'`, forcedAt: null, nextRefreshAttemptAt: null })
    .where(eq(connections.id, id));
}

/** The browser's way from a start: a page that is routed by its fragment reads it, and calls its server with what it read. */
function atThePage(started: Response): Response {
  const url = new URL(started.headers.get('location') ?? '', 'http://localhost');
  const [, written] = url.hash.split('?');
  if (written === undefined) return started;
  url.hash = '';
  url.search = `${written}&read_from_fragment=1`;
  return new Response(null, { status: started.status, headers: { location: url.href } });
}

/** Chooses the first offered entry, as the person does on the connection's page. */
async function choose(ctx: Context, id: string): Promise<void> {
  for (const { name, entries } of (await rowOf(ctx, id)).offered ?? []) {
    const [first] = entries;
    if (!first) throw new Error(`Nothing is offered as ${name}.`);
    await chooseEntry(ctx, { id, list: name, entry: entryKey(first) });
    expect((await rowOf(ctx, id)).extras).toMatchObject(first.extras);
  }
}

/** What a connection keeps of the first answer. */
async function storedOf(runtime: Runtime, id: string): Promise<Pick<Outcome, 'fields' | 'life'>> {
  const { missing, accessTokenIssuedAt: from, accessTokenExpiresAt: to } = await rowOf(runtime, id);
  return { fields: missing, life: to && from && Math.round((to.getTime() - from.getTime()) / 60_000) * 60 };
}

async function revocationOf(runtime: Runtime, id: string): Promise<string> {
  const [row] = await runtime.database.db
    .select()
    .from(revocations)
    .where(and(eq(revocations.connectionId, id), gte(revocations.replacedGeneration, 0)))
    .orderBy(desc(revocations.createdAt))
    .limit(1);
  return row ? `${row.state}, ${row.proof}` : 'none';
}
