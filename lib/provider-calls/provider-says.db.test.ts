import { desc, eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { getConnection } from '#lib/connections/get';
import { connectionHistory } from '#lib/connections/history';
import { systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { providerStops } from '#lib/db/schema/provider-stops';
import { toProblem } from '#lib/door/problem';
import { AppError } from '#lib/errors';
import { vendToken } from '#lib/tokens/vend-token';
import { addConnection, addPerson, entries, rowOf } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

/** The refusal that a vend ends with. */
async function refused(id: string): Promise<AppError> {
  const thrown = await vendToken(hub.ctx, { id }).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw new Error('It was not refused.');
  return thrown;
}

const answer = (status: number, error: unknown, more: Record<string, unknown> = {}) => json(status, { error, ...more });

describe('P-14 a refused refresh', () => {
  test('the code is in the ledger, the log, the history and the problem; the words in the log alone', async () => {
    const id = await hub.expired({ refreshToken: 'rt_of_this_grant' });
    hub.server.behaviour.instead = answer(400, 'invalid_grant', {
      error_description: 'Token rt_of_this_grant was revoked.\u001b[31m',
      suberror: 'basic_action',
    });
    const error = await refused(id);
    expect(toProblem(error, 'req_x')).toMatchObject({ code: 'grant_in_doubt', provider_error: 'invalid_grant' });
    const [entry] = await hub.database.db.select().from(ledger).where(eq(ledger.connectionId, id)).limit(1);
    expect(entry?.details).toMatchObject({ provider_error: 'invalid_grant', provider_subcode: 'basic_action' });
    expect(JSON.stringify(entry)).not.toContain('revoked');
    const line = hub.runtime.logged.find(({ event }) => event === 'refresh_refused');
    expect(line).toMatchObject({
      connection: id,
      err: {
        provider_error: 'invalid_grant',
        provider_subcode: 'basic_action',
        provider_said: 'Token [redacted] was revoked. [31m',
      },
    });
    const history = await connectionHistory(
      { ...systemContext(hub.runtime, 'test'), actor: personActor(hub.personId) },
      { id },
    );
    expect(history.map(({ sentence }) => sentence)).toContain('Token not refreshed, the provider says basic_action');
  });
});

describe('P-14 what the provider said is told to later callers too', () => {
  const seen = async (id: string) => {
    const error = await refused(id);
    const [last] = await entries(hub.runtime, id).then((all) =>
      all.filter(({ action }) => action === 'token.denied').slice(-1),
    );
    return [toProblem(error, 'req_x').code, toProblem(error, 'req_x').provider_error, last?.details];
  };
  const details = { provider_error: 'bad_refresh_token' };

  test('while the grant is in doubt, when it ended, and ever after; until it is connected again', async () => {
    const id = await hub.expired();
    hub.server.behaviour.instead = answer(400, 'invalid_grant');
    const doubted = ['grant_in_doubt', 'invalid_grant', { provider_error: 'invalid_grant' }];
    expect(await seen(id)).toEqual(doubted);
    expect(await seen(id)).toEqual(doubted);
    await hub.refusedBefore(id);
    await hub.database.db.update(connections).set({ nextRefreshAttemptAt: null }).where(eq(connections.id, id));
    hub.server.behaviour.instead = answer(400, 'invalid_grant');
    const ended = ['needs_reconnect', 'invalid_grant', { provider_error: 'invalid_grant' }];
    expect(await seen(id)).toEqual(ended);
    expect(await seen(id)).toEqual(ended);
    const view = await getConnection(
      { ...systemContext(hub.runtime, 'test'), actor: personActor(hub.personId) },
      { id },
    );
    expect(view).toMatchObject({ status: 'needs_reconnect', providerError: 'invalid_grant' });
    await hub.database.db
      .update(connections)
      .set({ status: 'connected', statusReason: null })
      .where(eq(connections.id, id));
    const again = await getConnection(
      { ...systemContext(hub.runtime, 'test'), actor: personActor(hub.personId) },
      { id },
    );
    expect(again.providerError).toBeNull();
  });

  test('where it ended without a word of the provider, no older word is told', async () => {
    const id = await hub.expired();
    await hub.database.db
      .update(connections)
      .set({ refreshToken: null, refusedWith: 'bad_refresh_token' })
      .where(eq(connections.id, id));
    expect(await seen(id)).toEqual(['needs_reconnect', undefined, {}]);
    expect(await seen(id)).not.toContainEqual(details);
  });
});

function personActor(personId: string) {
  return { type: 'person', personId, sessionId: 'ses_x', role: 'user' } as never;
}

describe('P-17 whose trouble the refusal of a refresh is', () => {
  test.each<[number, unknown]>([
    [403, 'unauthorized_client'],
    [403, 'access_denied'],
    [400, { code: 190, message: 'Session has expired', type: 'OAuthException' }],
    [400, 190],
    [400, 'invalid_request'],
    [400, 'invalid_scope'],
    [401, 'Bad Request'],
  ])('%i %j: in doubt, whatever one connection hears; no other is blamed', async (status, error) => {
    const id = await hub.refusedBefore(await hub.expired());
    hub.server.behaviour.instead = answer(status, error);
    for (let attempt = 0; attempt < 4; attempt++) {
      expect((await refused(id)).code).toBe('grant_in_doubt');
      await hub.refusedBefore(id);
    }
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected' });
    const codes = (await entries(hub.runtime, id)).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(['refresh_refused', 'grant_in_doubt']));
    expect(hub.runtime.logged.filter(({ event }) => event === 'provider_configuration')).toEqual([]);
  });

  test('a lone grant: no time makes it final, and it lives on where the provider renews it after a month', async () => {
    const id = await hub.expired();
    hub.server.behaviour.instead = json(400, undefined);
    for (const days of [0, 1, 7, 30]) {
      const refusedAt = days === 0 ? null : new Date(Date.now() - days * 86_400_000);
      await hub.database.db.update(connections).set({ refusedAt }).where(eq(connections.id, id));
      expect((await refused(id)).code).toBe('grant_in_doubt');
    }
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected', lastRefreshError: 'refresh_refused' });
    hub.server.behaviour.instead = null;
    await hub.refusedBefore(id);
    expect(hub.server.isLive((await vendToken(hub.ctx, { id })).accessToken)).toBe(true);
  });

  test('its end, where the provider renewed another grant meanwhile', async () => {
    const id = await hub.refusedBefore(await hub.expired());
    const other = await addPerson(hub.runtime);
    const renewed = await hub.expired();
    await hub.database.db
      .update(connections)
      .set({ subject: `of ${other.id}` })
      .where(eq(connections.id, renewed));
    await vendToken(hub.ctx, { id: renewed });
    hub.server.behaviour.instead = answer(403, 'unauthorized_client');
    const error = await refused(id);
    expect([error.code, error.providerError]).toEqual(['needs_reconnect', 'unauthorized_client']);
    expect(await rowOf(hub.runtime, id)).toMatchObject({
      status: 'needs_reconnect',
      statusReason: 'ended_at_provider',
    });
    const [last] = await hub.database.db
      .select()
      .from(ledger)
      .where(eq(ledger.action, 'connection.needs_reconnect'))
      .orderBy(desc(ledger.id))
      .limit(1);
    expect(last?.details).toMatchObject({ seen: 'refused_alone', provider_error: 'unauthorized_client' });
  });

  test.each(['interaction_required', 'login_required', 'consent_required', 'mfa_required'])(
    '%s: its person is needed, at the second refusal',
    async (error) => {
      const id = await hub.expired();
      hub.server.behaviour.instead = answer(400, error);
      expect((await refused(id)).code).toBe('grant_in_doubt');
      await hub.refusedBefore(id);
      await hub.database.db.update(connections).set({ nextRefreshAttemptAt: null }).where(eq(connections.id, id));
      expect((await refused(id)).code).toBe('needs_reconnect');
    },
  );

  test('invalid_client itself is the hub’s trouble, by whatever connection', async () => {
    const id = await hub.expired();
    hub.server.behaviour.instead = answer(401, 'invalid_client', { error_description: 'No such client.' });
    const error = await refused(id);
    expect([error.code, error.providerError]).toEqual(['provider_configuration', 'invalid_client']);
    const line = hub.runtime.logged.find(({ event }) => event === 'provider_configuration');
    expect(line).toMatchObject({ err: { provider_error: 'invalid_client', provider_said: 'No such client.' } });
  });

  test('several people who hear the same stop the provider: then it is no single grant’s', async () => {
    hub.server.behaviour.instead = answer(403, 'unauthorized_client');
    for (let n = 0; n < 3; n++) {
      const { id: personId } = await addPerson(hub.runtime);
      const refreshToken = hub.server.grant();
      const id = await addConnection(hub.runtime, { personId, refreshToken, expiresIn: -5, age: 3605 });
      expect((await refused(id)).code).toBe('grant_in_doubt');
    }
    const stops = await hub.database.db.select().from(providerStops);
    expect(stops).toMatchObject([{ provider: 'acme', people: 3, endedAt: null }]);
  });
});

describe('P-11 a refresh that does not say how long its token lives', () => {
  const lifeOf = async (id: string) => {
    const { accessTokenIssuedAt, accessTokenExpiresAt } = await rowOf(hub.runtime, id);
    if (!accessTokenIssuedAt || !accessTokenExpiresAt) return null;
    return Math.round((accessTokenExpiresAt.getTime() - accessTokenIssuedAt.getTime()) / 1000);
  };
  test('the life that the connection had goes on, refresh after refresh', async () => {
    const id = await hub.expired();
    hub.server.behaviour.expiresIn = null;
    for (let time = 0; time < 2; time++) {
      await vendToken(hub.ctx, { id });
      expect(await lifeOf(id)).toBe(3600);
      await hub.database.db
        .update(connections)
        .set({
          accessTokenIssuedAt: new Date(Date.now() - 3_605_000),
          accessTokenExpiresAt: new Date(Date.now() - 5_000),
        })
        .where(eq(connections.id, id));
    }
  });
  test('before the record’s default, which serves where no life was known', async () => {
    const id = await hub.expired();
    hub.server.behaviour.expiresIn = null;
    const other = hub.otherProcess({ expires_default: 60 });
    await vendToken(other, { id });
    expect(await lifeOf(id)).toBe(3600);
    await hub.database.db.update(connections).set({ accessTokenExpiresAt: null }).where(eq(connections.id, id));
    await vendToken(other, { id, rejectedTokenFingerprint: undefined });
    expect(await lifeOf(id)).toBeNull();
  });
  test('a new life in the answer counts', async () => {
    const id = await hub.expired();
    hub.server.behaviour.expiresIn = 120;
    await vendToken(hub.ctx, { id });
    expect(await lifeOf(id)).toBe(120);
  });
});
