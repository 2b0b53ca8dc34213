import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq, type SQL, sql } from 'drizzle-orm';
import { type CreateApiKeyInput, createApiKey } from '#lib/api-keys/create-api-key';
import { type CreateApplicationInput, createApplication } from '#lib/applications/create';
import { putPerson } from '#lib/applications/put-person';
import { parseConfig } from '#lib/config/config';
import { type ProviderRecordInput, providersFileSchema } from '#lib/config/provider-record';
import { sealTokens } from '#lib/connections/tokens-at-rest';
import { type Actor, type Context, type Role, type Runtime, systemContext } from '#lib/context';
import type { Database } from '#lib/db/database';
import { connectionUses } from '#lib/db/schema/connection-uses';
import { connections } from '#lib/db/schema/connections';
import { type FreezeScope, freezes } from '#lib/db/schema/freezes';
import { ledger } from '#lib/db/schema/ledger';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { newConnectionId, newId, newPersonId, personOfConnection } from '#lib/ids';
import { createLogger } from '#lib/log';
import { assembleRuntime } from '#lib/runtime';
import { readLogLine } from '#tests/log-lines';

const appUrl = 'http://localhost:3000';

/** Where the hubs of a test's process keep what they keep in files. */
const dataDir = mkdtempSync(join(tmpdir(), 'grantkeep-hub-'));
process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));

/** The variables of a test's hub: the same keys for every runtime that a test file makes, in any process. */
export const hubEnvironment: Record<string, string> = {
  NODE_ENV: 'test',
  APP_URL: appUrl,
  DATA_DIR: dataDir,
  SESSION_PASSWORD: randomBytes(32).toString('base64'),
  VAULT_KEYS: `test:${randomBytes(32).toString('base64')}`,
};

/** A runtime over a test's database, with providers from records like those of PROVIDERS_FILE and its log in a list. */
export function createRuntime(
  database: Database,
  records: readonly Record<string, unknown>[],
  overrides: Partial<Runtime> = {},
): Runtime & { logged: Record<string, unknown>[] } {
  const config = parseConfig(hubEnvironment);
  const file = providersFileSchema({ appUrl: new URL(appUrl), env: {} }).parse(records) as ProviderRecordInput[];
  const logged: Record<string, unknown>[] = [];
  const log = createLogger({
    level: 'debug',
    pretty: false,
    destination: { write: (line: string) => void logged.push(readLogLine(line)) },
  });
  return { ...assembleRuntime({ ...config, providersFile: file }, database, { log, ...overrides }), logged };
}

/** A record of a provider at a loopback server, with endpoints that need no discovery. */
export function plainRecord(issuer: string, id = 'acme'): Record<string, unknown> {
  return {
    id,
    name: id.charAt(0).toUpperCase() + id.slice(1),
    issuer,
    discovery: 'none',
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    revocation_endpoint: `${issuer}/revoke`,
    userinfo_endpoint: `${issuer}/userinfo`,
    client_id: 'hub',
    client_secret: 'not-a-real-secret',
    token_endpoint_auth_method: 'client_secret_post',
    identity: { source: 'userinfo', subject: 'sub', issuer: 'https://acme.example' },
    // Several servers of a test may stand in for one.
    shares_issuer: true,
    scopes: ['read', 'write'],
  };
}

/** The same process asked by somebody else. */
export function as(runtime: Runtime, actor: Actor): Context {
  return { ...systemContext(runtime, 'test'), actor, ip: '203.0.113.7' };
}

/** The same process, asked anonymously. */
export const asNobody = (runtime: Runtime): Context => as(runtime, { type: 'anonymous' });

/** Waits until nothing goes on any more behind the answers of a process, and hurries what would gather for a while. */
export async function settle(runtime: Runtime): Promise<void> {
  await runtime.uses.idle();
  await Promise.all(runtime.background);
}

/** Puts a person into the database and answers what asks on their behalf. */
export async function addPerson(
  runtime: Runtime,
  values: Partial<typeof people.$inferInsert> = {},
): Promise<{ id: string; ctx: (role?: Role) => Context }> {
  const id = values.id ?? newPersonId();
  await runtime.database.db
    .insert(people)
    .values({ provider: 'acme', issuer: 'https://id.example', subject: id, ...values, id });
  const sessionId = await beginTestSession(runtime, id);
  const ctx = (role: Role = values.role ?? 'user') =>
    as(runtime, { type: 'person', personId: id, role, sessionId, name: null, email: null });
  return { id, ctx };
}

/** Puts a session into the database with a sign-in too old for actions that need a fresh one; answers its public id. */
export async function beginTestSession(runtime: Runtime, personId: string): Promise<string> {
  const publicId = newId('ses');
  const expiresAt = new Date(Date.now() + 3_600_000);
  await runtime.database.db.insert(sessions).values({ idHash: publicId, publicId, personId, expiresAt });
  return publicId;
}

/** Makes the session of somebody who asks one of who signed in just now. */
export async function signedInLately(runtime: Runtime, ctx: Context): Promise<Context> {
  if (ctx.actor.type !== 'person') throw new Error('no person');
  await runtime.database.db
    .update(sessions)
    .set({ authenticatedAt: new Date(), authenticationProof: 'session_only' })
    .where(eq(sessions.publicId, ctx.actor.sessionId));
  return ctx;
}

/** Puts an administrator into the database who signed in just now. */
export async function addFreshAdministrator(runtime: Runtime, name = 'Grace'): Promise<Context> {
  return signedInLately(runtime, (await addPerson(runtime, { role: 'administrator', name })).ctx());
}

export interface NewConnection {
  personId: string;
  provider?: string;
  subject?: string;
  accessToken?: string;
  refreshToken?: string | null;
  /** Seconds until the access token ends; negative for one that has ended. */
  expiresIn?: number | null;
  /** Seconds since it was issued. */
  age?: number;
  lastUsedAt?: Date | SQL | undefined;
  values?: Partial<typeof connections.$inferInsert>;
}

/** Puts a connection with sealed tokens into the database and answers its id. */
export async function addConnection(runtime: Runtime, given: NewConnection): Promise<string> {
  const id = newConnectionId(given.personId);
  const { accessToken = `at_${id}`, refreshToken = null, expiresIn = 3600, age = 0 } = given;
  const { provider = given.provider ?? 'acme', issuer = 'https://acme.example' } = given.values ?? {};
  const { accountParams = {}, generation = 1 } = given.values ?? {};
  const sealed = await sealTokens(
    runtime,
    { id, provider, issuer, accountParams, generation },
    { access_token: accessToken, refresh_token: refreshToken, refresh_token_expires_in: null },
    expiresIn,
  );
  await runtime.database.db.insert(connections).values({
    personId: given.personId,
    id,
    provider,
    issuer,
    subject: given.subject ?? id,
    label: 'ada@acme.example',
    status: 'connected',
    scopesRequested: ['read', 'write'],
    scopesGranted: ['read', 'write'],
    authorization: { pkce: 'S256', issChecked: true, idTokenChecked: false, userAgent: null },
    ...sealed,
    accessTokenIssuedAt: sql`clock_timestamp() - make_interval(secs => ${age}::float8)`,
    ...given.values,
  });
  if (given.lastUsedAt) await noteUse(runtime, id, given.lastUsedAt);
  return id;
}

/** Makes a connection's last use one of that moment. */
export async function noteUse(runtime: Runtime, id: string, lastUsedAt: Date | SQL, lastUsedBy = 'key_unknown') {
  const use = { lastUsedAt: lastUsedAt as Date, lastUsedBy };
  await runtime.database.db
    .insert(connectionUses)
    .values({ personId: personOfConnection(id) ?? '', connectionId: id, ...use })
    .onConflictDoUpdate({ target: [connectionUses.personId, connectionUses.connectionId], set: use });
}

/** A connection's last use; undefined where it was never used. */
export async function useOf(runtime: Runtime, id: string) {
  const [use] = await runtime.database.db.select().from(connectionUses).where(eq(connectionUses.connectionId, id));
  return use;
}

/** Makes an API key and answers it with the context of a caller that shows it. */
export async function addApiKey(
  runtime: Runtime,
  input: Partial<CreateApiKeyInput> = {},
): Promise<{ id: string; key: string; ctx: Context }> {
  const { key, apiKey } = await createApiKey(systemContext(runtime, 'test'), {
    name: 'reports',
    scopes: ['tokens:vend'],
    ...input,
  });
  const ctx = as(runtime, {
    type: 'api_key',
    keyId: apiKey.id,
    scopes: apiKey.scopes,
    providers: apiKey.providers,
    applicationId: apiKey.applicationId,
  });
  return { id: apiKey.id, key, ctx };
}

/** Registers an application and answers its id. */
export async function addApplication(runtime: Runtime, input: Partial<CreateApplicationInput> = {}): Promise<string> {
  const { id } = await createApplication(systemContext(runtime, 'test'), {
    name: 'Planner',
    contact: 'ops@planner.example',
    returnUrls: ['https://planner.example/back'],
    ...input,
  });
  return id;
}

/** Makes a person of an application, known there by these ids, and answers the hub's own. */
export async function addPersonOf(
  runtime: Runtime,
  applicationId: string,
  { user, ...known }: { user: string; tenant?: string | null; label?: string | null },
): Promise<string> {
  return (await putPerson(runtime.database.db, applicationId, { id: user, ...known })).id;
}

/** Everything the ledger says about a connection, or all it says, in order. */
export function entries(runtime: Runtime, connectionId?: string) {
  return runtime.database.db
    .select({
      action: ledger.action,
      outcome: ledger.outcome,
      code: ledger.code,
      actorId: ledger.actorId,
      apiKeyId: ledger.apiKeyId,
      ip: ledger.ip,
      details: ledger.details,
    })
    .from(ledger)
    .where(connectionId ? eq(ledger.connectionId, connectionId) : undefined)
    .orderBy(ledger.at, ledger.id);
}

/** Puts a freeze over something. */
export async function freeze(runtime: Runtime, scope: FreezeScope, target = ''): Promise<void> {
  const row = { id: newId('frz'), scope, target, reason: 'test', createdBy: 'test' };
  await runtime.database.db.insert(freezes).values(row);
}

/** The whole row of a connection. */
export async function rowOf(runtime: Runtime, id: string): Promise<typeof connections.$inferSelect> {
  const [row] = await runtime.database.db.select().from(connections).where(eq(connections.id, id));
  if (!row) throw new Error('no such connection');
  return row;
}
