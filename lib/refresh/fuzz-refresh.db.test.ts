import { inspect } from 'node:util';
import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completeFlow } from '#lib/authorization/complete';
import type { Flow } from '#lib/authorization/flow';
import { saveFlow } from '#lib/authorization/flow-rows';
import { accessTokenPlace, openTokens } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { type ErrorCode, isAppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { vendToken } from '#lib/tokens/vend-token';
import { fuzzing } from '#tests/fuzzing';
import { addPerson, entries, rowOf } from '#tests/hub';
import { refreshHub } from '#tests/refresh-hub';
import { anyAnswer, bodyMark, canRefuse, goodAnswer, secretMark, sendRaw } from '#tests/token-answers';

const hub = refreshHub();

/** What a caller may be told of a provider that answers nonsense. */
const codes: ErrorCode[] = ['provider_unavailable', 'provider_configuration', 'needs_reconnect', 'grant_in_doubt'];

const plain = { response_fields: ['shard'] };
const records: Record<string, Record<string, unknown>> = {
  'a plain record': plain,
  'one whose errors come in a 200': { error_in_200: true, response_fields: ['shard'] },
};

/** A process each time: none gives up on the provider, or answers from what the last one learnt. */
function freshProcess<T extends Context & { logged: Record<string, unknown>[] }>(ctx: T): T {
  return { ...ctx, processId: newId('prc') };
}

function expectSilent(what: unknown, marks = [secretMark, bodyMark]): void {
  const shown = `${inspect(what, { depth: 20, showHidden: true })}\n${JSON.stringify(what)}`;
  for (const mark of marks) expect(shown).not.toContain(mark);
}

async function vend(ctx: Context, id: string): Promise<{ accessToken?: string; code?: ErrorCode }> {
  try {
    const { accessToken } = await vendToken(ctx, { id });
    return { accessToken };
  } catch (error) {
    if (!isAppError(error)) throw error;
    expect(codes, inspect(error)).toContain(error.code);
    if (error.status === 503) expect(error.retryAfterSeconds, inspect(error)).toBeGreaterThanOrEqual(0);
    expectSilent(error);
    return { code: error.code };
  }
}

describe.each(Object.keys(records))('whatever answers a refresh under %s', (name) => {
  test('no crash, no leak, no lost grant', async () => {
    const process = hub.otherProcess(records[name]);
    await fc.assert(
      fc.asyncProperty(anyAnswer, async (answer) => {
        const shown = hub.server.grant();
        const id = await hub.refusedBefore(await hub.expired({ refreshToken: shown }));
        process.logged.length = 0;
        hub.server.behaviour.instead = sendRaw(answer);
        const ending = await vend(freshProcess(process), id);

        const row = await rowOf(hub.runtime, id);
        expect(row.leaseOwner).toBeNull();
        if (ending.code === 'needs_reconnect') {
          // An error in a 200 that the record does not expect ends a grant after others were renewed.
          const unexpected = /error|ok|success/.test(String(answer.body));
          expect(canRefuse(answer, unexpected || 'error_in_200' in (records[name] ?? {}))).toBe(true);
          expect([row.status, row.statusReason]).toEqual(['needs_reconnect', 'ended_at_provider']);
        } else {
          expect(row.status).toBe('connected');
          // Either nothing was taken of the answer, and what had been spent is noted, or all of it.
          if (row.generation === 1) {
            expect(await hub.refreshTokenOf(id)).toBe(shown);
            expect(row.lastRefreshError).not.toBeNull();
            hub.server.behaviour.instead = null;
            if (ending.code === 'grant_in_doubt') await hub.refusedBefore(id);
            const again = await vend(freshProcess(process), id);
            expect(hub.server.isLive(again.accessToken ?? '')).toBe(true);
          } else {
            expect(row.lastRefreshError).toBeNull();
            const stored = process.vault.open(row.accessToken ?? '', accessTokenPlace(row));
            expect(stored).toMatch(/^[\x21-\x7e]+$/);
            if (ending.accessToken !== undefined) expect(ending.accessToken).toBe(stored);
          }
        }
        // A provider's words may stand in the log, and no token.
        expectSilent(process.logged, [secretMark]);
        expectSilent([await rowOf(hub.runtime, id), await entries(hub.runtime, id)], [secretMark]);
      }),
      fuzzing(80),
    );
  });
});

test('an answer with a usable access token and refresh token is stored whole, and vended while it lives', async () => {
  const process = hub.otherProcess(plain);
  await fc.assert(
    fc.asyncProperty(goodAnswer, async (answer) => {
      const id = await hub.expired();
      process.logged.length = 0;
      hub.server.behaviour.instead = sendRaw(answer);
      const ending = await vend(freshProcess(process), id);
      const row = await rowOf(hub.runtime, id);
      expect(row).toMatchObject({ status: 'connected', leaseOwner: null, lastRefreshError: null });
      expect(process.vault.open(row.accessToken ?? '', accessTokenPlace(row))).toBe(answer.accessToken);
      expect(await hub.refreshTokenOf(id)).toBe(answer.refreshToken);
      const over = row.accessTokenExpiresAt !== null && row.accessTokenExpiresAt.getTime() <= Date.now() + 1000;
      expect(ending).toEqual(over ? expect.anything() : { accessToken: answer.accessToken });
      if ('code' in ending) expect([ending.code, over]).toEqual(['provider_unavailable', true]);
      // A provider's words may stand in the log, and no token.
      expectSilent(process.logged, [secretMark]);
      expectSilent([row, await entries(hub.runtime, id)], [secretMark]);
    }),
    fuzzing(120),
  );
});

test('whatever answers an exchange, a connection is there whole or not at all', async () => {
  const process = hub.otherProcess({
    ...plain,
    identity: { source: 'token_answer', subject: 'sub', label: ['shard'], issuer: 'https://acme.example' },
    response_fields: ['sub', 'shard'],
  });
  const { id: personId, ctx } = await addPerson(hub.runtime);
  const person = ctx();
  const mine = eq(connections.personId, personId);
  const sessionId = person.actor.type === 'person' ? person.actor.sessionId : null;
  const { issuer } = hub.server;
  await fc.assert(
    fc.asyncProperty(fc.oneof(anyAnswer, goodAnswer), async (answer) => {
      process.logged.length = 0;
      const text = answer.body.toString();
      // Who it is stands beside the token here, so that a good answer makes a connection.
      const body = text.startsWith('{"') ? Buffer.from(text.replace('{', '{"sub":"account",')) : answer.body;
      hub.server.behaviour.instead = sendRaw({ ...answer, body, cutAt: null });
      const flow: Flow = {
        state: newId('req'),
        nonce: 'nonce',
        verifier: 'v'.repeat(43),
        provider: 'acme',
        pinned: {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          authorization_response_iss_parameter_supported: false,
        },
        scopes: ['read'],
        accountParams: {},
        intent: 'connect',
        connectionId: null,
        returnTo: '/',
        sessionId,
        startedAt: Date.now(),
      };
      const url = new URL(`http://localhost:3000/oauth/callback/acme?code=c&state=${flow.state}`);
      const asking = { ...freshProcess(process), actor: person.actor };
      await saveFlow(asking, hub.database.db, flow.state, flow);
      const result = await completeFlow(asking, { url, find: async () => flow });
      const rows = await hub.database.db.select().from(connections).where(mine);
      if (result.ok === 'again') throw new Error('no state comes twice');
      if (result.ok) {
        expect(rows).toEqual([expect.objectContaining({ status: 'connected', subject: 'account' })]);
        const [row] = rows;
        expect(row && openTokens(process, row).accessToken).toMatch(/^[\x21-\x7e]+$/);
      } else {
        expect(result.error.code, inspect(result.error)).not.toBe('internal');
        expect(rows).toEqual([]);
        expectSilent(result.error);
      }
      // A provider's words may stand in the log, and no token.
      expectSilent(process.logged, [secretMark]);
      expectSilent([rows, await entries(hub.runtime)], [secretMark]);
      await hub.database.db.delete(connections).where(mine);
    }),
    fuzzing(80),
  );
});
