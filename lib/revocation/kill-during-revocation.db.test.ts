import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { revokedTokenPlaces } from '#lib/connections/tokens-at-rest';
import { type Context, systemContext } from '#lib/context';
import { revocations } from '#lib/db/schema/revocations';
import { newId } from '#lib/ids';
import { claimRevocation, type RevocationKey } from '#lib/revocation/claim-revocations';
import { markRevoked } from '#lib/revocation/mark-revoked';
import { planRefused } from '#lib/revocation/plan-refused';
import { workClaimed } from '#lib/revocation/work-one-revocation';
import { workRevocations } from '#lib/revocation/work-revocations';
import { sharedDatabase } from '#tests/database';
import { addConnection, addPerson, createRuntime, plainRecord } from '#tests/hub';
import { atEveryStep, cutBefore, stepped, steppedDatabase } from '#tests/process-steps';
import { type RevocationServer, startRevocationServer } from '#tests/servers/revocation-server';

const database = sharedDatabase();
let server: RevocationServer;
beforeEach(async () => {
  server = await startRevocationServer();
});
afterEach(() => server.close());

interface Planned {
  ctx: Context;
  personId: string;
  tokens: { accessToken: string; refreshToken: string };
}

/** Each kind of revocation, planned and due. */
const kinds: Record<string, (planned: Planned) => Promise<RevocationKey | undefined>> = {
  'of a connection': async ({ ctx, personId, tokens }) => {
    const id = await addConnection(ctx, { personId, ...tokens });
    const [key] = await markRevoked(ctx.database.db, ctx, [{ personId, id }], {});
    return key;
  },
  'of a replaced grant': async ({ ctx, personId, tokens }) => {
    const id = await addConnection(ctx, { personId });
    const key = { personId, connectionId: id, replacedGeneration: 1 };
    const of = { provider: 'acme', issuer: 'https://acme.example', accountParams: {}, generation: 1 };
    const places = revokedTokenPlaces(key, of);
    await ctx.database.db.insert(revocations).values({
      ...key,
      provider: 'acme',
      requestedBy: personId,
      accessToken: await ctx.vault.seal(tokens.accessToken, places.accessToken),
      refreshToken: await ctx.vault.seal(tokens.refreshToken, places.refreshToken),
    });
    return key;
  },
  'of a refused grant': ({ ctx, personId, tokens }) =>
    planRefused(ctx.database.db, ctx, {
      ...{ intent: 'connect', code: 'conflict', issuer: 'https://acme.example', subject: newId('x'), extras: {} },
      ...{ personId, provider: 'acme', accountParams: {}, received: { ...tokens, expiresIn: 3600 } },
    }),
};

describe('F-25 a process that dies at any step of a revocation', () => {
  test.each(Object.entries(kinds))('%s: the next attempt still proves the token dead', async (_, plan) => {
    const steps = await atEveryStep(async (at) => {
      const runtime = createRuntime(database.current, [plainRecord(server.issuer)]);
      const ctx = systemContext(runtime, 'test');
      const { id: personId } = await addPerson(runtime);
      const grant = newId('g');
      const key = await plan({ ctx, personId, tokens: { accessToken: `at_${grant}`, refreshToken: `rt_${grant}` } });
      if (!key) throw new Error('nothing was planned');
      const claimed = await claimRevocation(ctx, key);
      if (!claimed) throw new Error('it is not due');

      const died = Promise.withResolvers<void>();
      const { cut, before } = cutBefore(at, () => {
        cut.dead = true;
        died.resolve();
        return new Promise(() => {});
      });
      const dying = stepped({ ...ctx, database: steppedDatabase(ctx.database, before) }, before);
      await Promise.race([died.promise, workClaimed(dying, claimed)]);
      // `cutBefore` counts the step itself only where it goes on.
      if (cut.dead) cut.after.push(cut.steps.at(-1) ?? 'read');

      const mine = eq(revocations.connectionId, key.connectionId);
      await database.db.update(revocations).set({ nextAttemptAt: sql`now() - interval '1 second'` }).where(mine);
      await workRevocations(ctx);
      const [row] = await database.db.select().from(revocations).where(mine);
      expect(row, `killed before step ${at}`).toMatchObject({ state: 'revoked_upstream', proof: 'proved' });
      expect(server.revoked.get(grant)).toBeLessThanOrEqual(2);
      return cut;
    });
    expect(steps).toContain('ask');
    expect(steps.length).toBeGreaterThan(5);
  });
});
