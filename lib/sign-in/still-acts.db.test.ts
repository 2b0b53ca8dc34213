import { readdirSync, readFileSync } from 'node:fs';
import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { noteOnAlert } from '#lib/alerts/note';
import { setRule } from '#lib/alerts/set-rule';
import { createApiKey } from '#lib/api-keys/create-api-key';
import { revokeApiKey } from '#lib/api-keys/revoke-api-key';
import { setAddresses } from '#lib/api-keys/set-addresses';
import { changeApplication } from '#lib/applications/change';
import { createApplication } from '#lib/applications/create';
import { disableApplication, enableApplication } from '#lib/applications/disable';
import { startFlow } from '#lib/authorization/start';
import { storeGrant } from '#lib/authorization/store-grant';
import { prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import type { Context, Role, Runtime } from '#lib/context';
import { rowsOf, withTransaction } from '#lib/db/database';
import { applications } from '#lib/db/schema/applications';
import { freezes } from '#lib/db/schema/freezes';
import { people } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { beginTrace } from '#lib/flow-trace/store-trace';
import { emptyTrace } from '#lib/flow-trace/trace';
import { freeze } from '#lib/freezes/freeze';
import { thaw } from '#lib/freezes/thaw';
import type { PersonContext } from '#lib/guards/require';
import { deletePerson } from '#lib/people/delete';
import { disablePerson, enablePerson } from '#lib/people/disable';
import { setRole } from '#lib/people/set-role';
import { askToReconnect } from '#lib/person-mails/ask-reconnect';
import { startProviderCheck } from '#lib/provider-check/check-provider';
import { revokeConnection } from '#lib/revocation/revoke';
import { endSession } from '#lib/sign-in/end-session';
import { completeStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';
import { createWebhook } from '#lib/webhooks/create';
import { removeWebhook } from '#lib/webhooks/remove';
import { describeWithConnections, lockWaiters, sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addFreshAdministrator, addPerson, createRuntime, plainRecord } from '#tests/hub';
import { steppedDatabase } from '#tests/process-steps';

const database = sharedDatabase();
let runtime: Runtime;
let admin: Context;
beforeEach(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  admin = await addFreshAdministrator(runtime);
});

const actorOf = (ctx: Context) => {
  if (ctx.actor.type !== 'person') throw new Error('no person');
  return ctx.actor;
};

/** The column rounds to milliseconds: `now()` may lie ahead of the next statement's. */
const over = sql`now() - interval '1 second'`;

/** What happens between the checks of a request and its transaction. */
const meanwhile: [string, code: string, (personId: string) => Promise<unknown>][] = [
  [
    'the session is ended',
    'unauthenticated',
    (id) => database.db.update(sessions).set({ endedAt: sql`now()` }).where(eq(sessions.personId, id)),
  ],
  [
    'the session runs out',
    'unauthenticated',
    (id) => database.db.update(sessions).set({ expiresAt: over }).where(eq(sessions.personId, id)),
  ],
  [
    'the person is disabled',
    'person_disabled',
    (id) => database.db.update(people).set({ disabledAt: sql`now()` }).where(eq(people.id, id)),
  ],
  [
    'the person is demoted',
    'forbidden',
    (id) => database.db.update(people).set({ role: 'user' }).where(eq(people.id, id)),
  ],
];

const application = { name: 'x', contact: 'ops@app.example', returnUrls: ['https://app.example/back'] };

/** Every change that a person makes, with what it needs. Each is tried where its session ends under it. */
const verbs: [name: string, prepare: () => Promise<(ctx: Context) => Promise<unknown>>][] = [
  ['createApiKey', async () => (ctx) => createApiKey(ctx, { name: 'x', scopes: ['tokens:vend'] })],
  [
    'revokeApiKey',
    async () => {
      const { id } = await addApiKey(runtime);
      return (ctx) => revokeApiKey(ctx, { id });
    },
  ],
  [
    'setAddresses',
    async () => {
      const { id } = await addApiKey(runtime);
      return (ctx) => setAddresses(ctx, { id, ipRanges: ['10.0.0.0/8'] });
    },
  ],
  ['createApplication', async () => (ctx) => createApplication(ctx, application)],
  ...(
    [
      ['changeApplication', (ctx, id) => changeApplication(ctx, { id, name: 'y' })],
      ['disableApplication', (ctx, id) => disableApplication(ctx, { id, reason: 'r' })],
    ] as [string, (ctx: Context, id: string) => Promise<unknown>][]
  ).map(([name, act]): (typeof verbs)[number] => [
    name,
    async () => {
      const { id } = await createApplication(admin, application);
      return (ctx) => act(ctx, id);
    },
  ]),
  [
    'enableApplication',
    async () => {
      const { id } = await createApplication(admin, application);
      await disableApplication(admin, { id, reason: 'r' });
      return (ctx) => enableApplication(ctx, { id, reason: 'r' });
    },
  ],
  ['freeze', async () => (ctx) => freeze(ctx, { scope: 'provider', target: 'acme', reason: 'r' })],
  [
    'thaw',
    async () => {
      const { id } = await freeze(admin, { scope: 'everything', target: '', reason: 'r' });
      return (ctx) => thaw(ctx, { id, reason: 'r' });
    },
  ],
  ['setRule', async () => (ctx) => setRule(ctx, { rule: 'refresh_token_theft', numbers: {} })],
  ['noteOnAlert', async () => (ctx) => noteOnAlert(ctx, { id: 'alr_x', note: 'n' })],
  ['createWebhook', async () => (ctx) => createWebhook(ctx, { name: 'x', url: 'https://hooks.example.com/' })],
  [
    'removeWebhook',
    async () => {
      const { id } = await createWebhook(admin, { name: 'y', url: 'https://hooks.example.com/' });
      return (ctx) => removeWebhook(ctx, { id });
    },
  ],
  [
    'revokeConnection',
    async () => {
      const id = await addConnection(runtime, { personId: (await addPerson(runtime)).id });
      return (ctx) => revokeConnection(ctx, { id });
    },
  ],
  [
    'prepareBulkRevocation',
    async () => {
      await addConnection(runtime, { personId: (await addPerson(runtime)).id });
      return (ctx) => prepareBulkRevocation(ctx, { provider: 'acme' });
    },
  ],
  [
    'startFlow',
    async () => {
      await database.db.delete(freezes);
      return (ctx) => startFlow(ctx, { intent: 'connect', provider: 'acme', returnTo: '/', accountParams: {} });
    },
  ],
  ['beginTrace', async () => (ctx) => beginTrace(ctx, emptyTrace('acme'))],
  ['startProviderCheck', async () => (ctx) => startProviderCheck(ctx, { provider: 'acme' })],
  [
    'askToReconnect',
    async () => {
      const { id: personId } = await addPerson(runtime, { email: 'ada@example.com' });
      const id = await addConnection(runtime, { personId, values: { status: 'needs_reconnect' } });
      const mail = { smtpUrl: 'smtp://127.0.0.1:9', from: 'hub@example.com' };
      return (ctx) => askToReconnect({ ...ctx, config: { ...ctx.config, mail } }, { connection: id });
    },
  ],
  ['storeGrant', async () => (ctx) => storeGrant(ctx as PersonContext, grant)],
  ...(
    [
      ['setRole', (ctx, id) => setRole(ctx, { id, role: 'auditor' })],
      ['disablePerson', (ctx, id) => disablePerson(ctx, { id, reason: 'r' })],
      ['deletePerson', (ctx, id) => deletePerson(ctx, { id, reason: 'r' })],
    ] as [string, (ctx: Context, id: string) => Promise<unknown>][]
  ).map(([name, act]): (typeof verbs)[number] => [
    name,
    async () => {
      const { id } = await addPerson(runtime);
      return (ctx) => act(ctx, id);
    },
  ]),
  [
    'enablePerson',
    async () => {
      const { id } = await addPerson(runtime, { disabledAt: new Date() });
      return (ctx) => enablePerson(ctx, { id, reason: 'r' });
    },
  ],
  [
    'endSession of somebody else',
    async () => {
      const { sessionId } = actorOf((await addPerson(runtime)).ctx());
      return (ctx) => endSession(ctx, { publicId: sessionId });
    },
  ],
];

const grant = {
  answer: 'rfg_answer',
  provider: 'acme',
  issuer: 'https://acme.example',
  subject: 'somebody',
  label: null,
  tokens: {
    access_token: 'at',
    token_type: 'bearer',
    expires_in: 3600,
    refresh_token: 'rt',
    refresh_token_expires_in: null,
    scopes: null,
    id_token_claims: null,
    extras: {},
  },
  lifeSeconds: 3600,
  scopesRequested: ['read'],
  scopesGranted: ['read'],
  accountParams: {},
  reconnects: null,
  extras: {},
  authorization: { pkce: 'S256' as const, issChecked: true, idTokenChecked: false, userAgent: null },
};

/** Everything that a change could leave behind. */
async function everything(): Promise<string> {
  const tables = [
    'api_keys',
    'applications',
    'freezes',
    'alert_rules',
    'alert_events',
    'webhook_endpoints',
    'connections',
    'revocations',
    'flows',
    'flow_traces',
    'provider_checks',
  ];
  const rows = await Promise.all(
    [...tables, 'bulk_revocations', 'person_endings', 'ledger'].map((table) =>
      database.db.execute(
        sql`select count(*)::int as n, max(xmin::text::bigint)::text as last from ${sql.identifier(table)}`,
      ),
    ),
  );
  return JSON.stringify(rows.map(rowsOf));
}

describe('A-08 a session that ends while its request is under way', () => {
  describe.each(verbs)('%s', (_, prepare) => {
    test.each(meanwhile)('is refused where %s, and changes nothing', async (_what, code, happens) => {
      const act = await prepare();
      const before = await everything();
      const { personId } = actorOf(admin);
      let happened = false;
      const stepped = steppedDatabase(database.current, async (step) => {
        if (step !== 'transaction' || happened) return;
        happened = true;
        await happens(personId);
      });
      await expect(act({ ...admin, database: stepped })).rejects.toMatchObject({ code });
      expect(happened).toBe(true);
      expect(await everything()).toBe(before);
    });
  });

  test('a step-up gives no fresh session where the session ended or ran out meanwhile', async () => {
    const { personId, sessionId } = actorOf(admin);
    const input = {
      provider: { id: 'acme', trustedEmail: false },
      identity: { issuer: 'https://id.example', subject: personId, name: null, email: null, emailVerified: false },
      authentication: { ageSeconds: 0, proof: 'session_only' as const },
    };
    for (const set of [{ expiresAt: over }, { endedAt: sql`now()` }]) {
      await database.db.update(sessions).set(set).where(eq(sessions.publicId, sessionId));
      await expect(completeStepUp(admin, input)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });

  test.each<[from: Role, to: Role, code: string | null]>([
    ['administrator', 'auditor', 'forbidden'],
    ['auditor', 'user', 'forbidden'],
    ['auditor', 'administrator', null],
    ['user', 'auditor', null],
  ])('what a person began as %s goes on as %s: %s', async (from, to, code) => {
    const { id, ctx } = await addPerson(runtime, { role: from });
    const asking = ctx();
    await database.db.update(people).set({ role: to }).where(eq(people.id, id));
    const work = transactAs(asking, async () => null);
    if (code) await expect(work).rejects.toMatchObject({ code });
    else await expect(work).resolves.toBeNull();
  });

  test('an API key that was revoked meanwhile revokes nothing', async () => {
    const id = await addConnection(runtime, { personId: (await addPerson(runtime)).id });
    const key = await addApiKey(runtime, { scopes: ['connections:revoke'] });
    await revokeApiKey(admin, { id: key.id });
    await expect(revokeConnection(key.ctx, { id })).rejects.toMatchObject({ code: 'invalid_api_key' });
  });

  test('an API key of an application that was disabled meanwhile revokes nothing, until it is enabled', async () => {
    const { id: applicationId } = await createApplication(admin, application);
    const { id: personId } = await addPerson(runtime, { applicationId, applicationUser: 'u' });
    const id = await addConnection(runtime, { personId });
    const key = await addApiKey(runtime, { scopes: ['connections:revoke'], applicationId });
    await disableApplication(admin, { id: applicationId, reason: 'r' });
    await expect(revokeConnection(key.ctx, { id })).rejects.toMatchObject({ code: 'invalid_api_key' });
    await enableApplication(admin, { id: applicationId, reason: 'r' });
    expect(await revokeConnection(key.ctx, { id })).toMatchObject({ changed: true });
  });

  describeWithConnections('an application that is disabled while a transaction of its key runs', () => {
    test('is disabled after it, and the next one is refused', async () => {
      const { id: applicationId } = await createApplication(admin, application);
      const key = await addApiKey(runtime, { scopes: ['connections:revoke'], applicationId });
      const held = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const running = transactAs(key.ctx, async () => {
        begun.resolve();
        await held.promise;
      });
      await begun.promise;
      let over = false;
      const disabling = disableApplication(admin, { id: applicationId, reason: 'r' }).then(() => {
        over = true;
      });
      // Waits for the row that the transaction holds.
      await expect.poll(() => lockWaiters(database.db)).toBe(1);
      expect(over).toBe(false);
      held.resolve();
      await Promise.all([running, disabling]);
      await expect(transactAs(key.ctx, async () => undefined)).rejects.toMatchObject({ code: 'invalid_api_key' });
    });

    test('before it, refuses the one that waited for that', async () => {
      const { id: applicationId } = await createApplication(admin, application);
      const key = await addApiKey(runtime, { scopes: ['connections:revoke'], applicationId });
      let waiting: Promise<unknown> = Promise.resolve();
      await withTransaction(database.db, async (tx) => {
        await tx.update(applications).set({ disabledAt: sql`now()` }).where(eq(applications.id, applicationId));
        waiting = transactAs(key.ctx, async () => 'acted').catch(({ code }: { code: string }) => code);
        await expect.poll(() => lockWaiters(database.db)).toBe(1);
      });
      expect(await waiting).toBe('invalid_api_key');
    });
  });

  /** Transactions that no person's request begins, or that end the caller's own session or connections. */
  const onTheirOwn = new Set([
    'lib/sign-in/transact-as.ts',
    // Signing in begins a session, stepping up looks at it itself, one's own sessions may be ended twice.
    'lib/sign-in/sign-in.ts',
    'lib/sign-in/step-up.ts',
    'lib/sign-in/end-session.ts',
    // Goes on with what was begun, on behalf of who began it.
    'lib/people/work-endings.ts',
    'lib/provider-check/check-provider.ts',
    'lib/bulk-revocation/work.ts',
    // Asserts it inside, among its attempts.
    'lib/authorization/store-grant.ts',
    // Its probes are the background's; what an administrator does there goes through `transactAs`.
    'lib/provider-calls/provider-stop.ts',
    // Only reads.
    'lib/audit/list-ledger.ts',
    // What a server said, and the end of a run: accepting a move and beginning a run go through `transactAs`.
    'lib/checks/metadata-history.ts',
    'lib/checks/run-checks.ts',
    // The command line's alone, row by row.
    'lib/transfer/import-connections.ts',
    // The background destroys a key; retiring it goes through `transactAs`.
    'lib/vault-keys/retire.ts',
    // Takes its own begun notice back where no mail server took the mail; telling goes through `transactAs`.
    'lib/reviews/notify-inactive.ts',
  ]);
  test('every verb for administrators whose transaction changes rows looks at its actor there', () => {
    const files = readdirSync('lib', { recursive: true, encoding: 'utf8' })
      .map((file) => `lib/${file}`)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
    const bare = files.filter((file) => {
      const text = readFileSync(file, 'utf8');
      return (
        /require(Administrator|Person)\(ctx\)/.test(text) &&
        /withTransaction\(|\.database\.db\.(insert|update|delete)|await db\s*\.(insert|update|delete)/.test(text)
      );
    });
    expect(bare.filter((file) => !onTheirOwn.has(file))).toEqual([]);
  });
});
