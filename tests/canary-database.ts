import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import postgres from 'postgres';
import { pgliteOptions } from '#lib/db/open';

/** As much of a running app as is needed to look into its database. */
export interface AppWithDatabase {
  dataDir: string;
  environment: Record<string, string>;
  end(): Promise<void>;
  start(): Promise<void>;
}

export interface DatabaseCopy {
  /** By table, every row as JSON text. */
  rows: Map<string, string[]>;
  /** By path, every file of the embedded database, its write-ahead log too; none for a server. */
  files: Map<string, Uint8Array>;
}

const tables = `select table_schema as schema, table_name as name from information_schema.tables
  where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`;

/** Everything that the app's database holds. The embedded one is copied while the app is stopped. */
export async function copyDatabase(app: AppWithDatabase): Promise<DatabaseCopy> {
  const url = app.environment.DATABASE_URL;
  if (url) {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    const rows = await readRows(async (query) => [...(await sql.unsafe(query))]).finally(() => sql.end());
    return { rows, files: new Map() };
  }
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-copy-'));
  try {
    await app.end();
    cpSync(join(app.dataDir, 'pg'), folder, { recursive: true });
    await app.start();
    const paths = globSync('**/*', { cwd: folder }).filter((path) => statSync(join(folder, path)).isFile());
    const files = new Map(paths.map((path) => [path, readFileSync(join(folder, path))]));
    const pglite = await PGlite.create({ ...pgliteOptions, dataDir: folder });
    const rows = await readRows(async (query) => (await pglite.query(query)).rows).finally(() => pglite.close());
    return { rows, files };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readRows(run: (query: string) => Promise<unknown[]>): Promise<Map<string, string[]>> {
  const rows = new Map<string, string[]>();
  for (const { schema, name } of (await run(tables)) as { schema: string; name: string }[]) {
    const found = (await run(`select row_to_json(t)::text as row from "${schema}"."${name}" t`)) as { row: string }[];
    rows.set(
      schema === 'public' ? name : `${schema}.${name}`,
      found.map(({ row }) => row),
    );
  }
  return rows;
}
