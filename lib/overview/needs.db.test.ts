import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { listApiKeys } from '#lib/api-keys/list-api-keys';
import { checkLedger } from '#lib/audit/check-ledger';
import { countConnections } from '#lib/connections/count';
import type { Concern } from '#lib/connections/filter';
import { listConnections } from '#lib/connections/list';
import { type Runtime, systemContext } from '#lib/context';
import { alerts } from '#lib/db/schema/alerts';
import { apiKeys } from '#lib/db/schema/api-keys';
import { checkResults } from '#lib/db/schema/checks';
import { freezes } from '#lib/db/schema/freezes';
import { ledger } from '#lib/db/schema/ledger';
import { ledgerSeals } from '#lib/db/schema/ledger-seals';
import { personMails } from '#lib/db/schema/person-mails';
import { type ProofState, type RevocationState, revocations } from '#lib/db/schema/revocations';
import { type DeliveryState, webhookDeliveries, webhookEndpoints, webhookMessages } from '#lib/db/schema/webhooks';
import { listFirstSteps } from '#lib/overview/first-steps';
import { listNeeds, needKinds } from '#lib/overview/needs';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, asNobody, createRuntime, freeze, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;

beforeEach(async () => {
  const { db } = database;
  for (const table of [freezes, alerts, apiKeys, webhookEndpoints, checkResults, personMails]) await db.delete(table);
  await db.execute(sql`truncate connections cascade`);
  await db.execute(sql`truncate ledger`);
  await db.execute(sql`truncate ledger_seals`);
  await db.execute(sql`update jobs set run = 0, started_at = null, ended_run = 0, ended_at = null,
    failed_steps = '{}'`);
  runtime = createRuntime(database.current, [
    plainRecord('http://127.0.0.1:1'),
    { ...plainRecord('http://127.0.0.1:1', 'idle'), idle_keepalive_days: 12 },
  ]);
  const mail = { smtpUrl: 'smtps://mail.example', from: 'hub@example.com' };
  runtime = { ...runtime, config: { ...runtime.config, mail, alertEmails: ['ops@example.com'] } };
});

const needs = () => listNeeds(systemContext(runtime, 'test'));
const kinds = async () => (await needs()).map(({ kind }) => kind);

const webhook = (id: string) => ({ id, name: 'hook', url: 'https://hook.example', secret: 'x', createdBy: 'test' });

let delivered = 0;
/** A message to an endpoint, later than the ones before. */
async function deliver(endpointId: string, state: DeliveryState, attempts = 1): Promise<void> {
  const [messageId, createdAt] = [`msg_${++delivered}`, new Date()];
  await database.db.insert(webhookMessages).values({ id: messageId, type: 'alert.opened', payload: {}, createdAt });
  const row = { messageId, endpointId, state, attempts, createdAt, nextAttemptAt: createdAt };
  await database.db.insert(webhookDeliveries).values(row);
}

/** A connection with a row of what was done about it at its provider. */
async function ended(state: RevocationState, proof: ProofState = 'none', daysAgo = 1): Promise<string> {
  const { id: personId } = await addPerson(runtime);
  const id = await addConnection(runtime, { personId, values: { status: 'revoked', accessToken: null } });
  const row = { personId, connectionId: id, provider: 'acme', state, proof, requestedBy: 'test' };
  await database.db.insert(revocations).values({
    ...row,
    finishedAt: state === 'pending' ? null : sql`now() - make_interval(days => ${daysAgo}::int)`,
    provedAt: proof === 'proved' ? sql`now()` : null,
  });
  return id;
}

const failing = (check: string, provider: string) => ({
  run: 'run_1',
  checkId: check,
  provider,
  result: 'fails' as const,
  lookedAt: 'tokens',
  found: 'One has no end.',
  at: new Date(),
  since: new Date(),
});

const mail = (id: string, attempts: number) => ({
  id,
  personId: 'per_1',
  connectionId: 'con_1',
  provider: 'acme',
  event: 'connected' as const,
  reason: 'connected',
  occurredAt: new Date(),
  dueAt: new Date(),
  attempts,
});

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

/** What makes each need, once. */
const made: Record<(typeof needKinds)[number], () => Promise<unknown>> = {
  ledger_broken: () =>
    database.db.insert(ledger).values({
      action: 'ledger.verified',
      outcome: 'failed',
      code: 'row_changed',
      actorType: 'system',
    }),
  alerts_open: () =>
    database.db.insert(alerts).values(
      (['open', 'acknowledged'] as const).map((state) => ({
        id: `alr_${state}`,
        rule: state,
        severity: 'info' as const,
        state,
        value: 1,
        peak: 1,
        count: 1,
        openedAt: new Date(),
        heldAt: new Date(),
      })),
    ),
  standing_freezes: () => freeze(runtime, 'provider', 'idle'),
  providers_failing: () =>
    database.db.execute(sql`insert into processes (id, host, pid, version, providers) values ('prc_other', 'h', 1, '0',
      '[{"provider": "acme", "circuit": "open", "notAnsweringForMs": 9000, "askedAgainInMs": 1000, "restsForMs": 0,
        "callsUnderWay": 0, "callsWaiting": 0}]')`),
  checks_failing: () => database.db.insert(checkResults).values(failing('token_life', 'acme')),
  background_late: () =>
    database.db.execute(
      sql`update jobs set run = 1, ended_run = 1, ended_at = now() - interval '6 minutes' where name = 'tick'`,
    ),
  background_failing: () =>
    database.db.execute(
      sql`update jobs set run = 1, ended_run = 1, ended_at = now(), failed_steps = '{mail_alerts}' where name = 'refresh'`,
    ),
  ledger_unsealed: () =>
    database.db.insert(ledger).values({
      action: 'sign_in.completed',
      outcome: 'ok',
      actorType: 'system',
      at: minutesAgo(20),
    }),
  revocation_unproved: () => ended('revoked_upstream', 'still_accepted'),
  revocation_failed: () => ended('failed'),
  needs_reconnect: async () => {
    const { id: personId } = await addPerson(runtime);
    await addConnection(runtime, { personId, values: { status: 'needs_reconnect' } });
  },
  grant_expiring: async () => {
    const { id: personId } = await addPerson(runtime);
    await addConnection(runtime, {
      personId,
      refreshToken: 'rt',
      values: { refreshTokenExpiresAt: new Date(Date.now() + 6 * 86_400_000) },
    });
  },
  keys_expiring: async () => {
    const { id } = await addApiKey(runtime);
    await database.db
      .update(apiKeys)
      .set({ expiresAt: new Date(Date.now() + 13 * 86_400_000) })
      .where(eq(apiKeys.id, id));
  },
  webhooks_failing: async () => {
    await database.db.insert(webhookEndpoints).values(webhook('whk_2'));
    await deliver('whk_2', 'delivered');
    await deliver('whk_2', 'pending', 2);
  },
  webhooks_off: () =>
    database.db.insert(webhookEndpoints).values({
      ...webhook('whk_1'),
      disabledAt: new Date(),
      disabledReason: 'gone',
    }),
  mails_waiting: () => database.db.insert(personMails).values(mail('pml_1', 2)),
};

describe('what needs a person', () => {
  test('is nothing where all is well', async () => {
    const { id: personId } = await addPerson(runtime);
    await addConnection(runtime, { personId, refreshToken: 'rt' });
    await addApiKey(runtime);
    expect(await needs()).toEqual([]);
  });

  test.each(needKinds)('is told of %s, and of nothing else then', async (kind) => {
    await made[kind]();
    try {
      expect(await needs()).toMatchObject([{ kind, counted: { count: 1, capped: false } }]);
    } finally {
      await database.db.execute(sql`delete from processes where id = 'prc_other'`);
    }
  });

  test('comes with the most urgent first', async () => {
    for (const make of Object.values(made).toReversed()) await make();
    expect(await kinds()).toEqual(needKinds);
    await database.db.execute(sql`delete from processes where id = 'prc_other'`);
  });

  test('is over with what made it', async () => {
    await made.ledger_broken();
    await made.ledger_unsealed();
    expect(await kinds()).toEqual(['ledger_broken', 'ledger_unsealed']);
    await checkLedger(systemContext(runtime, 'test'));
    const seal = { n: 1, encoding: 1, fromXid: 0, toXid: 9, parts: [], previous: '', keyId: 'k', signature: 's' };
    await database.db.insert(ledgerSeals).values({ ...seal, sealedAt: minutesAgo(10) });
    expect(await kinds()).toEqual([]);
  });

  test('has the key in its list, and leaves out keys that are over or end later', async () => {
    await made.keys_expiring();
    const later = await addApiKey(runtime, { name: 'later' });
    const over = await addApiKey(runtime, { name: 'over' });
    for (const [{ id }, days] of [
      [later, 15],
      [over, -1],
    ] as const)
      await database.db
        .update(apiKeys)
        .set({ expiresAt: new Date(Date.now() + days * 86_400_000) })
        .where(eq(apiKeys.id, id));
    expect(await needs()).toMatchObject([{ kind: 'keys_expiring', counted: { count: 1 } }]);
    expect((await listApiKeys(systemContext(runtime, 'test'))).items).toHaveLength(3);
  });

  test('S-20 leaves out a webhook that is tried for the first time, or took a later message', async () => {
    await database.db.insert(webhookEndpoints).values(webhook('whk_3'));
    await deliver('whk_3', 'pending', 1);
    expect(await kinds()).toEqual([]);
    await deliver('whk_3', 'failed');
    expect(await kinds()).toEqual(['webhooks_failing']);
    await deliver('whk_3', 'delivered');
    expect(await kinds()).toEqual([]);
  });

  test.each([
    ['token_life', 'acme', 'long_lived_tokens', 'acme'],
    ['pkce', 'acme', 'critical_check_fails', 'pkce/acme'],
    ['redirect_uri', 'acme', 'check_fails', 'redirect_uri/acme'],
    ['own_https', '', 'check_fails', 'own_https'],
  ])('has the failing check %s of “%s” until the alert %s tells of it', async (check, provider, rule, subject) => {
    await database.db.insert(checkResults).values(failing(check, provider));
    expect(await needs()).toMatchObject([{ kind: 'checks_failing', counted: { count: 1 } }]);
    const at = new Date();
    const alert = { severity: 'info' as const, value: 1, peak: 1, count: 1, openedAt: at, heldAt: at };
    await database.db.insert(alerts).values({ ...alert, id: 'alr_other', rule, subject: 'other' });
    expect(await kinds()).toEqual(['alerts_open', 'checks_failing']);
    await database.db.insert(alerts).values({ ...alert, id: 'alr_check', rule, subject, state: 'acknowledged' });
    expect(await kinds()).toEqual(['alerts_open']);
    await database.db.update(alerts).set({ state: 'resolved', resolvedAt: at });
    expect(await kinds()).toEqual(['checks_failing']);
  });

  test('has mails that were tried before, and alerts that no mail told of in time', async () => {
    await database.db.insert(personMails).values(mail('pml_first', 1));
    const alert = { rule: 'x', severity: 'info' as const, value: 1, peak: 1, count: 1, state: 'acknowledged' as const };
    const at = (minutes: number) => ({ openedAt: minutesAgo(minutes), heldAt: minutesAgo(minutes) });
    await database.db.insert(alerts).values({ ...alert, ...at(1), id: 'alr_new', subject: '1', mailDueAt: new Date() });
    await database.db.insert(alerts).values({ ...alert, ...at(9), id: 'alr_told', subject: '2' });
    expect(await kinds()).toEqual([]);
    await database.db.insert(alerts).values({ ...alert, ...at(9), id: 'alr_old', subject: '3', mailDueAt: new Date() });
    await database.db.insert(personMails).values(mail('pml_again', 2));
    expect(await needs()).toMatchObject([{ kind: 'mails_waiting', counted: { count: 2 } }]);
    runtime = { ...runtime, config: { ...runtime.config, mail: undefined } };
    expect(await kinds()).toEqual([]);
  });

  test('is for administrators and auditors', async () => {
    for (const role of ['administrator', 'auditor'] as const)
      await expect(listNeeds((await addPerson(runtime, { role })).ctx())).resolves.toEqual([]);
    await expect(listNeeds((await addPerson(runtime)).ctx())).rejects.toMatchObject({ code: 'forbidden' });
    await expect(listNeeds(asNobody(runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('connections by what is the matter with them', () => {
  const found = async (concern: Concern) => {
    const ctx = systemContext(runtime, 'test');
    const { items } = await listConnections(ctx, { concern });
    expect(await countConnections(ctx, { concern })).toEqual({ count: items.length, capped: false });
    return items.map(({ id }) => id).toSorted();
  };

  test('are those whose revocation failed, and those that are still accepted, of the last month', async () => {
    const failed = await ended('failed');
    const accepted = await ended('revoked_upstream', 'still_accepted');
    await ended('failed', 'none', 31);
    const retried = await ended('pending');
    await database.db.update(revocations).set({ attempts: 1 }).where(eq(revocations.connectionId, retried));
    for (const [state, proof] of [
      ['pending', 'none'],
      ['unsupported', 'none'],
      ['revoked_upstream', 'proved'],
      ['revoked_upstream', 'due'],
    ] as const)
      await ended(state, proof);
    expect(await found('revocation_retried')).toEqual([retried]);
    expect(await found('revocation_failed')).toEqual([failed]);
    expect(await found('revocation_unproved')).toEqual([accepted]);
  });

  test('are those that end within a week, each once, by whatever end', async () => {
    const { id: personId } = await addPerson(runtime);
    const day = 86_400;
    const add = (given: Partial<Parameters<typeof addConnection>[1]>) => addConnection(runtime, { personId, ...given });
    const at = (days: number) => new Date(Date.now() + days * day * 1000);
    const dying = [
      await add({ refreshToken: 'rt', values: { refreshTokenExpiresAt: at(6) } }),
      await add({ expiresIn: 3 * day, age: 20 * day }),
      // Idle for ten of twelve days, and by the provider's word as well.
      await add({
        provider: 'idle',
        refreshToken: 'rt',
        values: { connectedAt: at(-10), refreshTokenExpiresAt: at(2) },
      }),
    ];
    await add({ refreshToken: 'rt', values: { refreshTokenExpiresAt: at(8) } });
    await add({ refreshToken: 'rt', values: { refreshTokenExpiresAt: at(-1) } });
    await add({ expiresIn: 3600 });
    await add({ provider: 'idle', refreshToken: 'rt', values: { connectedAt: at(-5) } });
    await add({ values: { status: 'revoked', accessToken: null, refreshTokenExpiresAt: at(2) } });
    expect(await found('grant_expiring')).toEqual(dying.toSorted());
  });
});

describe('S-19 the first steps of a new hub', () => {
  const steps = async () => {
    const found = await listFirstSteps(systemContext(runtime, 'test'));
    return Object.fromEntries(found.map(({ step, state }) => [step, state]));
  };

  test('are ticked by what there is, and are over with a provider, an account and a key', async () => {
    const bare = createRuntime(database.current, []);
    const nothing = await listFirstSteps(systemContext(bare, 'test'));
    expect(nothing.find(({ step }) => step === 'provider')?.state).toBe('open');
    expect(await steps()).toMatchObject({ provider: 'done', account: 'open', api_key: 'open', backup: 'unknown' });
    await addConnection(runtime, { personId: (await addPerson(runtime)).id });
    expect(await steps()).toMatchObject({ account: 'done', api_key: 'open' });
    await addApiKey(runtime);
    expect(await steps()).toEqual({});
  });

  test('are for administrators and auditors', async () => {
    await expect(listFirstSteps((await addPerson(runtime)).ctx())).rejects.toMatchObject({ code: 'forbidden' });
    await expect(listFirstSteps(asNobody(runtime))).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
