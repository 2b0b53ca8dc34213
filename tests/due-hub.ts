import { eq, type SQL, sql } from 'drizzle-orm';
import { beforeEach } from 'vitest';
import { type Runtime, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { addConnection, noteUse, rowOf } from '#tests/hub';
import { refreshHub } from '#tests/refresh-hub';

export const ago = (interval: string): SQL => sql`now() - ${interval}::interval`;
export const ahead = (interval: string): SQL => sql`now() + ${interval}::interval`;

/** What decides whether a connection is due. */
export interface Moments {
  issued?: SQL;
  ends?: SQL;
  used?: SQL | null;
  connected?: SQL;
  refreshed?: SQL;
  next?: SQL;
  provider?: string;
}

/** For tests of background refreshes: a `refreshHub` with tests that each begin without connections. */
export function dueHub() {
  const hub = refreshHub();
  // The whole table is asked for due rows.
  beforeEach(async () => {
    await hub.database.db.delete(connections);
  });

  /** A connection with a token of an hour that ends in two minutes and was used just now, unless told otherwise. */
  async function given(moments: Moments = {}): Promise<string> {
    const { personId, server, runtime } = hub;
    const provider = moments.provider ?? 'acme';
    const id = await addConnection(runtime, { personId, refreshToken: server.grant(), provider });
    const values = {
      accessTokenIssuedAt: moments.issued ?? ago('58 minutes'),
      accessTokenExpiresAt: moments.ends ?? ahead('2 minutes'),
      connectedAt: moments.connected ?? ago('1 hour'),
      lastRefreshedAt: moments.refreshed ?? null,
      nextRefreshAttemptAt: moments.next ?? null,
    };
    await runtime.database.db.update(connections).set(values).where(eq(connections.id, id));
    if (moments.used !== null) await noteUse(runtime, id, moments.used ?? sql`now()`);
    return id;
  }

  return {
    hub,
    given,
    jobs: (runtime: Runtime = hub.runtime) => systemContext(runtime, 'jobs'),
    generation: async (id: string): Promise<number> => (await rowOf(hub.runtime, id)).generation,
  };
}
