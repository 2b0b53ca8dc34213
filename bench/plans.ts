import { type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Runtime } from '#lib/context';
import { type Db, type HotPath, rowsOf } from '#lib/db/database';
import * as schema from '#lib/db/schema/index';
import type { BenchDatabase } from './stage.ts';

/**
 * Runs some work of the product and answers PostgreSQL's plans, with what each step really did, of the statements that
 * read: those the product sent, not copies of them.
 */
export async function plansOf(
  database: Pick<BenchDatabase, 'url' | 'runtime'>,
  work: (runtime: Runtime) => Promise<unknown>,
): Promise<string[]> {
  const sent: { query: string; params: unknown[] }[] = [];
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const logger = { logQuery: (query: string, params: unknown[]) => void sent.push({ query, params }) };
  const db = drizzle(client, { schema, casing: 'snake_case', logger }) as unknown as Db;
  const send = async <Row>(query: string, params: readonly (string | null)[]) => {
    sent.push({ query, params: [...params] });
    return (await client.query(query, [...params])).rows as Row[];
  };
  const hot: HotPath = { read: send, write: async (query, params) => void (await send(query, params)) };
  try {
    await work({ ...database.runtime, database: { db, hot, engine: 'postgres', close: async () => {} } });
    const plans: string[] = [];
    for (const { query, params } of sent.filter((one) => /^\s*(?:select|with)\b/i.test(one.query))) {
      const lines = rowsOf<{ 'QUERY PLAN': string }>(await db.execute(explain(query, params)));
      plans.push(lines.map((line) => line['QUERY PLAN']).join('\n'));
    }
    return plans;
  } finally {
    await client.end();
  }
}

/** The same statement with its parameters in their places, which drizzle numbers anew. */
function explain(query: string, params: unknown[]): SQL {
  const parts = query.split(/\$\d+/);
  const numbers = [...query.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number) - 1);
  const chunks = parts.flatMap((part, at) => {
    const number = numbers[at];
    return number === undefined ? [sql.raw(part)] : [sql.raw(part), sql`${params[number]}`];
  });
  return sql.join([sql.raw('explain (analyze, buffers) '), ...chunks]);
}
