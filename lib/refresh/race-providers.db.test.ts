import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { accessTokenPlace, refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { type Context, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { isAppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { refreshConnection } from '#lib/refresh/refresh';
import { revokeConnection } from '#lib/revocation/revoke';
import { type VendedToken, vendToken } from '#lib/tokens/vend-token';
import { rowOf, settle } from '#tests/hub';
import { refreshHub } from '#tests/refresh-hub';
import type { Behaviour } from '#tests/servers/token-server';

const hub = refreshHub();

/** How providers treat a refresh token, and what their answer says of the grant. */
const providers: Record<string, Partial<Behaviour>> = {
  'that rotates': { rotate: true },
  'that rotates, with a window of grace': { rotate: true, grace: true },
  'that does not rotate': { rotate: false },
  'that returns the same token': { rotate: false, repeat: true },
  'that rotates and shrinks the scopes': { rotate: true, scope: 'read' },
  'that does not rotate and shrinks the scopes': { rotate: false, scope: 'read' },
  'that rotates and no longer says how long a token lives': { rotate: true, expiresIn: null },
};

const callers = 50;

interface Scene {
  id: string;
  /** The refresh token that the row began with. */
  first: string;
  behaviour: Partial<Behaviour>;
}

/** 50 callers at once, spread over the processes. */
const crowd = (id: string, processes: Context[]) =>
  Promise.all(Array.from({ length: callers }, (_, n) => vendToken(processes[n % processes.length] ?? hub.ctx, { id })));

const aCodeOf = (vend: Promise<VendedToken>) =>
  vend.then(
    () => 'vended',
    (error: unknown) => (isAppError(error) ? error.code : 'unknown'),
  );

/** The token, or the lease, is over as after its time. */
const letPass = (id: string) =>
  hub.database.db
    .update(connections)
    .set({
      accessTokenExpiresAt: sql`now() - interval '1 second'`,
      leaseExpiresAt: sql`case when lease_owner is null then null else now() - interval '1 second' end`,
    })
    .where(eq(connections.id, id));

function expectTokens(tokens: VendedToken[], { behaviour }: Scene): void {
  expect(tokens).toHaveLength(callers);
  expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
  const [token] = tokens;
  expect(hub.server.isLive(token?.accessToken ?? '')).toBe(true);
  const granted = behaviour.scope === 'read' ? ['read'] : ['read', 'write'];
  expect([token?.scopes, token?.missingScopes]).toEqual([granted, granted.length === 1 ? ['write'] : []]);
  // Where the answer names no life, the last one that this connection knew counts.
  expect(token?.expiresIn).toBeGreaterThan(0);
}

/** The row's refresh token is the provider's newest, and it can be shown. */
async function expectNewest({ id, first, behaviour }: Scene): Promise<void> {
  const kept = await hub.refreshTokenOf(id);
  expect(hub.server.accepts(kept)).toBe(true);
  expect(kept === first).toBe(!behaviour.rotate);
}

const scenarios: Record<string, (scene: Scene) => Promise<void>> = {
  '50 callers of one process: one refresh, 50 same answers': async (scene) => {
    const tokens = await crowd(scene.id, [hub.ctx]);
    expect([hub.server.requests, hub.server.refreshes]).toEqual([1, 1]);
    expectTokens(tokens, scene);
    await expectNewest(scene);
  },

  '50 callers of two processes: one refresh, 50 same answers': async (scene) => {
    const tokens = await crowd(scene.id, [hub.ctx, hub.otherProcess()]);
    expect([hub.server.requests, hub.server.refreshes]).toEqual([1, 1]);
    expectTokens(tokens, scene);
    await expectNewest(scene);
  },

  'ten ends in a row: ten refreshes, each with the newest token': async (scene) => {
    for (let round = 1; round <= 10; round++) {
      await letPass(scene.id);
      const tokens = await Promise.all([vendToken(hub.ctx, scene), vendToken(hub.otherProcess(), scene)]);
      expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(1);
      expect([hub.server.requests, hub.server.refreshes]).toEqual([round, round]);
    }
    await expectNewest(scene);
    expect((await rowOf(hub.runtime, scene.id)).generation).toBe(11);
  },

  'revoked while the provider is asked: no caller gets the late answer, and the newest grant is what will be revoked':
    async (scene) => {
      hub.during(() => revokeConnection(systemContext(hub.runtime, 'test'), scene));
      const ended = await Promise.all(
        [hub.ctx, hub.otherProcess()].flatMap((process) => [1, 2, 3].map(() => aCodeOf(vendToken(process, scene)))),
      );
      expect(new Set(ended)).toEqual(new Set(['revoked']));
      expect(hub.server.requests).toBe(1);
      await settle(hub.runtime);
      const row = await rowOf(hub.runtime, scene.id);
      expect(row.status).toBe('revoked');
      // The revocation may have waited for the refresh, or come after it and be done.
      if (row.refreshToken !== null) return expectNewest(scene);
      const shown = hub.server.revoked.filter((token) => token.startsWith('rt_'));
      expect(shown.map((token) => token === scene.first)).toEqual([!scene.behaviour.rotate]);
    },

  'reconnected while the provider is asked: the newest grant survives': async (scene) => {
    const newest = hub.server.grant();
    const { vault } = hub.runtime;
    const at = { ...(await rowOf(hub.runtime, scene.id)), generation: 2 };
    const [refreshToken, accessToken] = await Promise.all([
      vault.seal(newest, refreshTokenPlace(at)),
      vault.seal('at_newest', accessTokenPlace(at)),
    ]);
    hub.during(() =>
      hub.database.db
        .update(connections)
        .set({
          ...{ refreshToken, accessToken, generation: 2, leaseOwner: null, leaseExpiresAt: null },
          ...{ lastRefreshError: null, accessTokenExpiresAt: sql`clock_timestamp() + interval '1 hour'` },
        })
        .where(eq(connections.id, scene.id)),
    );
    const tokens = await crowd(scene.id, [hub.ctx, hub.otherProcess()]);
    expect(new Set(tokens.map(({ accessToken: token }) => token))).toEqual(new Set(['at_newest']));
    expect(await hub.refreshTokenOf(scene.id)).toBe(newest);
    await letPass(scene.id);
    expect(hub.server.isLive((await vendToken(hub.ctx, scene)).accessToken)).toBe(true);
  },

  'the answer is lost on its way: the grant lives where the old token is still taken, else the row says why it is over':
    async (scene) => {
      const { behaviour } = hub.server;
      behaviour.beforeAnswer = async () => {
        behaviour.beforeAnswer = async () => {};
        return 'cut';
      };
      expect(await aCodeOf(vendToken(hub.otherProcess(), scene))).toBe('provider_unavailable');
      expect(await rowOf(hub.runtime, scene.id)).toMatchObject({
        status: 'connected',
        leaseOwner: null,
        generation: 1,
      });
      const works = hub.server.accepts(await hub.refreshTokenOf(scene.id));
      expect(works).toBe(!scene.behaviour.rotate || scene.behaviour.grace === true);
      expect(await aCodeOf(vendToken(hub.otherProcess(), scene))).toBe(works ? 'vended' : 'needs_reconnect');
      expect(await rowOf(hub.runtime, scene.id)).toMatchObject(
        works ? { status: 'connected' } : { status: 'needs_reconnect', statusReason: 'answer_lost' },
      );
      if (works) await expectNewest(scene);
    },

  'down, then back: nobody is told that the grant is over': async (scene) => {
    hub.server.behaviour.instead = (response) => void response.writeHead(503, { 'retry-after': '1' }).end();
    const down = await Promise.all([1, 2, 3].map(() => aCodeOf(vendToken(hub.otherProcess(), scene))));
    for (const code of down) expect(['provider_unavailable', 'refresh_in_progress']).toContain(code);
    expect(await rowOf(hub.runtime, scene.id)).toMatchObject({ status: 'connected', generation: 1 });
    hub.server.behaviour.instead = null;
    expectTokens(await crowd(scene.id, [hub.otherProcess(), hub.otherProcess()]), scene);
    await expectNewest(scene);
  },

  'told to refresh by three processes at once: once': async (scene) => {
    const processes = [hub.ctx, hub.otherProcess(), hub.otherProcess()];
    const { generation } = await rowOf(hub.runtime, scene.id);
    await Promise.all(processes.map((ctx) => refreshConnection(ctx, { id: scene.id, force: true, generation })));
    expect([hub.server.requests, hub.server.refreshes]).toEqual([1, 1]);
    await expectNewest(scene);
  },
};

describe.each(Object.keys(providers))('a provider %s', (name) => {
  test.each(Object.keys(scenarios))('%s', async (scenario) => {
    const behaviour = providers[name] ?? {};
    Object.assign(hub.server.behaviour, behaviour);
    const first = hub.server.grant();
    const id = await hub.expired({ refreshToken: first, values: { subject: newId('req') } });
    await scenarios[scenario]?.({ id, first, behaviour });
  });
});
