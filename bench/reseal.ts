import { sql } from 'drizzle-orm';
import { type Context, systemContext } from '#lib/context';
import { openPostgres } from '#lib/db/open';
import { vendToken } from '#lib/tokens/vend-token';
import { beginReseal } from '#lib/vault-keys/begin-reseal';
import { startDataKeys } from '#lib/vault-keys/data-keys';
import { listVaultKeys } from '#lib/vault-keys/list-keys';
import { resealTokens } from '#lib/vault-keys/reseal';
import { rotateVaultKey } from '#lib/vault-keys/rotate';
import { addApiKey, plainRecord } from '#tests/hub';
import { defineBenchmark } from './benchmark.ts';
import { type Filled, fillConnections } from './fill.ts';
import { rounded } from './statistics.ts';

/** Vends by several callers until `over` says so; answers the time of each in milliseconds, in order of length. */
export async function vendUntil(ctx: Context, filled: readonly Filled[], callers: number, over: () => boolean) {
  const times: number[] = [];
  let failed = 0;
  let next = 0;
  const call = async () => {
    while (!over()) {
      next += 7919;
      const { id, accessToken } = filled[next % filled.length] as Filled;
      const begun = performance.now();
      const vended = await vendToken(ctx, { id }).catch(() => undefined);
      times.push(performance.now() - begun);
      if (vended?.accessToken !== accessToken) failed++;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => rounded(sorted[Math.floor(sorted.length * share)] ?? 0);
  return { vends: times.length, failed, p50: at(0.5), p99: at(0.99) };
}

/** How many values are sealed under another key than the newest. */
export async function countLeft(ctx: Context): Promise<number> {
  const view = await listVaultKeys(ctx, { count: true });
  return view.keys.slice(1).reduce((sum, { values }) => sum + values, 0);
}

/** Milliseconds a row of what pgcrypto's users do for a new key: one statement over the table of the playbook. */
async function rotatePgcrypto(url: string, rows: number): Promise<number> {
  // One statement for all rows takes longer than the hub lets a statement of its own take.
  const own = openPostgres(url, { max: 1, pooler: 'none', statementTimeoutMs: 0 });
  const { db } = own;
  try {
    await db.execute(sql`create extension if not exists pgcrypto`);
    await db.execute(sql`create table oauth_tokens (user_id bigint primary key, access_token bytea, refresh_token bytea,
      expires_at timestamptz)`);
    // As long as the tokens of the other table.
    await db.execute(sql`insert into oauth_tokens select n, pgp_sym_encrypt(rpad(n::text, 128, 'x'), 'old'),
      pgp_sym_encrypt(rpad(n::text, 128, 'y'), 'old'), now() from generate_series(1, ${rows}::int) n`);
    const begun = performance.now();
    await db.execute(sql`update oauth_tokens set
      access_token = pgp_sym_encrypt(pgp_sym_decrypt(access_token, 'old'), 'new'),
      refresh_token = pgp_sym_encrypt(pgp_sym_decrypt(refresh_token, 'old'), 'new')`);
    return (performance.now() - begun) / rows;
  } finally {
    await own.close();
  }
}

/**
 * Reseals every stored token in the process that vends meanwhile, as the product does, and rotates a table under pgcrypto
 * on the same server.
 */
export const reseal = defineBenchmark({
  about: 'seals all stored tokens anew while tokens are vended, beside an UPDATE of pgcrypto',
  full: { rows: 1_000_000, pgcrypto_rows: 50_000, callers: 8, rest_seconds: 30 },
  quick: { rows: 4_000, pgcrypto_rows: 500, callers: 4, rest_seconds: 3 },
  run: async ({ rows, pgcrypto_rows: pgcryptoRows, callers, rest_seconds: restSeconds }, stage) => {
    const { runtime, url } = await stage.createDatabase('hub', [plainRecord('http://127.0.0.1:9')]);
    const ctx = systemContext(runtime, 'bench');
    await startDataKeys(runtime);
    const pgcryptoMsPerRow = await rotatePgcrypto(url, pgcryptoRows);
    const filled = await fillConnections(runtime, { count: rows, provider: 'acme', expiresIn: 86_400 });
    const { ctx: caller } = await addApiKey(runtime);
    const restUntil = performance.now() + restSeconds * 1000;
    const rest = await vendUntil(caller, filled, callers, () => performance.now() > restUntil);

    await rotateVaultKey(ctx);
    await beginReseal(ctx);
    const begun = performance.now();
    const state = { over: false };
    const vending = vendUntil(caller, filled, callers, () => state.over);
    while ((await listVaultKeys(ctx)).reseal?.state === 'running') await resealTokens(ctx, { seconds: 45 });
    const msPerRow = (performance.now() - begun) / rows;
    state.over = true;
    const meanwhile = await vending;
    const left = await countLeft(ctx);

    const ratio = rounded(meanwhile.p99 / rest.p99);
    const failed = rest.failed + meanwhile.failed;
    return {
      tables: [
        {
          title: `${rows} rows, ${callers} callers`,
          columns: ['vends', 'calls', 'failed', 'p50 ms', 'p99 ms'],
          rows: [
            ['at rest', rest.vends, rest.failed, rest.p50, rest.p99],
            ['while resealing', meanwhile.vends, meanwhile.failed, meanwhile.p50, meanwhile.p99],
          ],
        },
        {
          title: 'A row under a new key',
          columns: ['by', 'ms a row'],
          rows: [
            ['vault reseal, with vends beside it and its rests', rounded(msPerRow)],
            ['UPDATE … pgp_sym_encrypt(pgp_sym_decrypt(…))', rounded(pgcryptoMsPerRow)],
          ],
        },
      ],
      goals: [
        { goal: 'ms a row, below pgcrypto', value: rounded(msPerRow), reached: msPerRow < pgcryptoMsPerRow },
        { goal: 'p99 ÷ p99 at rest ≤ 2', value: ratio, reached: ratio <= 2 },
        { goal: 'failed vends = 0', value: failed, reached: failed === 0 },
        { goal: 'values left under older keys = 0', value: left, reached: left === 0 },
      ],
      results: { rest, meanwhile, msPerRow, pgcryptoMsPerRow },
    };
  },
});
