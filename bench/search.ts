import { sql } from 'drizzle-orm';
import { systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { newId } from '#lib/ids';
import { tellRequest } from '#lib/search/request-story';
import { searchEverything } from '#lib/search/search-everything';
import { addApiKey, plainRecord } from '#tests/hub';
import { defineBenchmark } from './benchmark.ts';
import { fillConnections } from './fill.ts';
import { fillLedger } from './ledger.ts';
import { median, rounded } from './statistics.ts';

export const search = defineBenchmark({
  about: 'the one search of the admin pages, by what is looked for',
  full: { rows: 1_000_000, entries: 1_000_000, repeats: 20 },
  quick: { rows: 1_000, entries: 2_000, repeats: 3 },
  run: async ({ rows, entries, repeats }, stage) => {
    const { runtime } = await stage.createDatabase('search', [plainRecord('http://127.0.0.1:9')]);
    const { db } = runtime.database;
    const filled = await fillConnections(runtime, { count: rows, provider: 'acme', expiresIn: 86_400 });
    await addApiKey(runtime, { name: 'billing-sync' });
    await fillLedger(db, entries);
    // As autovacuum does within minutes: without it the newest ranges of the ledger's small index are read one by one.
    await db.execute(sql`vacuum (analyze) ledger`);
    const ctx = systemContext(runtime, 'bench');
    const connection = filled[Math.floor(filled.length / 2)]?.id ?? '';
    const [person] = rowsOf<{ email: string; subject: string }>(
      await db.execute(sql`select p.email, c.subject from connections c join people p on p.id = c.person_id
        where c.id = ${connection} and c.person_id = ${`per_${connection.slice(4, 20)}`}`),
    );
    const reference = newId('req');
    const queries: Record<string, string> = {
      'an e-mail address': person?.email ?? '',
      'an e-mail address at a provider': `${person?.email} acme`,
      'an account’s subject': person?.subject ?? '',
      'a connection': connection,
      'a word of 1 of 10': 'ada',
      'a word that all have': 'example.com',
      'a word that none has': 'zzzzz',
      'a key’s name': 'billing-sync',
      'an address': '198.51.100.1',
      'an address that nothing came from': '192.0.2.1',
      'a fingerprint': Buffer.alloc(32, 1).toString('base64'),
    };
    const timed: [string, () => Promise<unknown>][] = [
      ...Object.entries(queries).map(([name, query]): [string, () => Promise<unknown>] => [
        name,
        () => searchEverything(ctx, { query }),
      ]),
      ['the page of a request', () => tellRequest(ctx, { reference })],
    ];
    const found: { name: string; p50_ms: number }[] = [];
    for (const [name, work] of timed) {
      const times: number[] = [];
      for (let n = 0; n < repeats; n++) {
        const from = performance.now();
        await work();
        times.push(performance.now() - from);
      }
      found.push({ name, p50_ms: rounded(median(times), 2) });
    }
    const slowest = Math.max(...found.map(({ p50_ms }) => p50_ms));
    return {
      tables: [
        {
          title: `One search over ${rows} connections and ${entries} entries: p50 in ms`,
          columns: ['looked for', 'p50'],
          rows: found.map(({ name, p50_ms }) => [name, p50_ms]),
        },
      ],
      goals: [{ goal: 'slowest p50 ≤ 100 ms', value: slowest, reached: slowest <= 100 }],
      results: { searches: found },
    };
  },
});
