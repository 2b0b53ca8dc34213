import { fork } from 'node:child_process';
import { once } from 'node:events';
import { eq, sql } from 'drizzle-orm';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { vendToken } from '#lib/connections/vend-token';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { isAppError } from '#lib/errors';
import { addApiKey, addConnection, addPerson, rowOf } from '#tests/hub';
import { randomFrom, wait } from '#tests/random';
import { defineBenchmark } from './benchmark.ts';
import { type Provider, readGrant, startProvider, writeGrant } from './provider.ts';
import type { BenchDatabase, Stage } from './stage.ts';

/** What a kill may leave, and what must never be left. */
const outcomes = ['old token still valid', 'new token stored', 'answer lost, and said so', 'broken'] as const;
type Outcome = (typeof outcomes)[number];

const providerMs = 20;
/** Longer than a lease, after which the next caller tries again. */
const graceMs = 60_000;

export const kills = defineBenchmark({
  about: 'kill -9 at random moments of a refresh, and what each leaves',
  full: { kills: 200 },
  quick: { kills: 5 },
  run: async ({ kills: count }, stage) => {
    const byProvider: Record<string, Record<Outcome, number>> = {};
    for (const [name, grace] of [
      ['rotation', 0],
      ['rotation with a grace window', graceMs],
    ] as const) {
      byProvider[name] = await killMany(stage, grace, count);
    }
    const broken = Object.values(byProvider).reduce((sum, { broken }) => sum + broken, 0);
    return {
      tables: [
        {
          title: 'What a killed process left',
          columns: ['provider', ...outcomes],
          rows: Object.entries(byProvider).map(([name, found]) => [name, ...outcomes.map((one) => found[one])]),
        },
      ],
      goals: [{ goal: 'grants lost without saying so: 0', value: broken, reached: broken === 0 }],
      results: { outcomes: byProvider },
    };
  },
});

async function killMany(stage: Stage, grace: number, count: number): Promise<Record<Outcome, number>> {
  const provider = await startProvider(stage, { latencyMs: providerMs, graceMs: grace });
  const database = await stage.createDatabase(`kills_${grace}`, [provider.record]);
  const { ctx } = await addApiKey(database.runtime);
  const { id: personId } = await addPerson(database.runtime);
  const found: Record<Outcome, number> = {
    'old token still valid': 0,
    'new token stored': 0,
    'answer lost, and said so': 0,
    broken: 0,
  };
  for (let seed = 1; seed <= count; seed++) {
    const refreshToken = writeGrant('refresh', { grant: seed, generation: 0 });
    const id = await addConnection(database.runtime, { personId, refreshToken });
    await killOne(database, provider, id, Math.floor(randomFrom(seed)() * 250));
    const left = await stateLeft(database, provider, id);
    found[await outcomeOf(database, ctx, id, left)] += 1;
  }
  return found;
}

/** Lets a process refresh the connection again and again, and kills it so long after its first success. */
async function killOne(database: BenchDatabase, provider: Provider, connection: string, afterMs: number) {
  const child = fork('tests/refresh-child.ts', { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const { url: databaseUrl, environment } = database;
  child.send({ databaseUrl, environment, records: [provider.record], connection });
  await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error('the child ended by itself'))),
  ]);
  await wait(afterMs);
  child.kill('SIGKILL');
  await ended;
  const { db } = database.runtime.database;
  const busy = sql`select 1 from pg_stat_activity
    where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`;
  // What the server was still doing for the dead process is over when its sessions are.
  while (rowsOf(await db.execute(busy)).length > 0) await wait(5);
}

interface Left {
  /** Whether the process died between taking the lease and giving it back. */
  underWay: boolean;
  /** Whether the refresh token in the row is the provider's newest. */
  newest: boolean;
}

async function stateLeft({ runtime }: BenchDatabase, provider: Provider, id: string): Promise<Left> {
  const row = await rowOf(runtime, id);
  const stored = readGrant(runtime.vault.open(row.refreshToken ?? '', refreshTokenPlace(row)));
  const newest = stored !== undefined && (await provider.newestOf(stored.grant)) === stored.generation;
  return { underWay: row.leaseOwner !== null, newest };
}

/** What the next caller gets once the lease and the token have run out, and which kind of end that is. */
async function outcomeOf(
  { runtime }: BenchDatabase,
  ctx: Awaited<ReturnType<typeof addApiKey>>['ctx'],
  id: string,
  { underWay, newest }: Left,
): Promise<Outcome> {
  const over = sql`now() - interval '1 second'`;
  await runtime.database.db
    .update(connections)
    .set({ accessTokenExpiresAt: over, ...(underWay ? { leaseExpiresAt: over } : {}) })
    .where(eq(connections.id, id));
  const code = await vendToken(ctx, { id }).then(
    () => 'vended',
    (error: unknown) => (isAppError(error) ? error.code : 'unknown'),
  );
  if (code === 'vended') return underWay ? 'old token still valid' : 'new token stored';
  const { statusReason } = await rowOf(runtime, id);
  const honest = code === 'needs_reconnect' && statusReason === 'answer_lost' && underWay && !newest;
  return honest ? 'answer lost, and said so' : 'broken';
}
