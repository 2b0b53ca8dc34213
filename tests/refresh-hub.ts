import type { ServerResponse } from 'node:http';
import { eq, isNotNull, sql } from 'drizzle-orm';
import { afterEach, beforeEach } from 'vitest';
import { openTokens } from '#lib/connections/tokens-at-rest';
import type { Context, Runtime } from '#lib/context';
import type { Database } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { providerStops } from '#lib/db/schema/provider-stops';
import { sharedDatabase, type TestDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, entries, plainRecord, rowOf, settle } from '#tests/hub';
import { startTokenServer, type TokenServer } from '#tests/servers/token-server';

interface Logged {
  logged: Record<string, unknown>[];
}

interface Made {
  server: TokenServer;
  runtime: Runtime & Logged;
  /** A caller with an API key that may vend. */
  ctx: Context;
  personId: string;
}

/**
 * For tests of refreshing: one database for the file, and for each test a token server of its own, a runtime with it as
 * its provider, a person and an API key. Call it at the top of the file.
 */
export function refreshHub() {
  const database = sharedDatabase();
  let made: Made | undefined;
  const now = () => {
    if (!made) throw new Error('The hub exists within tests and hooks only.');
    return made;
  };
  beforeEach(async () => {
    const server = await startTokenServer();
    // What other tests' people were refused is none of this one's.
    const { db } = database.current;
    await db.update(connections).set({ refusedAt: null }).where(isNotNull(connections.refusedAt));
    await db.delete(providerStops);
    const runtime = createRuntime(database.current, [plainRecord(server.issuer)]);
    const { id: personId } = await addPerson(runtime);
    const { ctx } = await addApiKey(runtime);
    made = { server, runtime, ctx, personId };
  });
  afterEach(async () => {
    await settle(now().runtime);
    await now().server.close();
    made = undefined;
  });

  return {
    get database(): TestDatabase {
      return database.current;
    },
    get server() {
      return now().server;
    },
    get runtime() {
      return now().runtime;
    },
    get ctx() {
      return now().ctx;
    },
    get personId() {
      return now().personId;
    },

    /** A connection with an access token that has ended. */
    expired(
      given: { refreshToken?: string; lastUsedAt?: Date; values?: Partial<typeof connections.$inferInsert> } = {},
    ): Promise<string> {
      const { server, runtime, personId } = now();
      const { refreshToken = server.grant(), values = {}, lastUsedAt } = given;
      return addConnection(runtime, { personId, refreshToken, expiresIn: -5, age: 3605, values, lastUsedAt });
    },

    /** Another process on the same database: a runtime of its own, asked by the same key. */
    otherProcess(record: Record<string, unknown> = {}, over: Database = database.current): Context & Logged {
      const { server, ctx } = now();
      return { ...ctx, ...createRuntime(over, [{ ...plainRecord(server.issuer), ...record }]) };
    },

    /** Makes the provider wait with its answer after it spent the token. */
    holdAnswer(): { atProvider: Promise<void>; answer: () => void } {
      const arrived = Promise.withResolvers<void>();
      const answered = Promise.withResolvers<void>();
      now().server.behaviour.beforeAnswer = () => {
        arrived.resolve();
        return answered.promise;
      };
      return { atProvider: arrived.promise, answer: answered.resolve };
    },

    /** Does something once, after the provider spent the token and before its answer is read. */
    during(meanwhile: () => PromiseLike<unknown>): void {
      const { behaviour } = now().server;
      behaviour.beforeAnswer = async () => {
        behaviour.beforeAnswer = async () => {};
        await meanwhile();
      };
    },

    /** Makes it so that the provider refused the newest token a while ago: the next refusal is the end. */
    async refusedBefore(id: string): Promise<string> {
      await database.current.db
        .update(connections)
        .set({
          refusedAt: sql`clock_timestamp() - interval '20 minutes'`,
          refusedGeneration: sql`${connections.generation}`,
        })
        .where(eq(connections.id, id));
      return id;
    },

    actions: async (id: string): Promise<string[]> => (await entries(now().runtime, id)).map(({ action }) => action),

    refreshTokenOf: async (id: string): Promise<string> => {
      const { runtime } = now();
      return openTokens(runtime, await rowOf(runtime, id)).refreshToken ?? '';
    },
  };
}

/** An answer of a status with a JSON body. */
export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
