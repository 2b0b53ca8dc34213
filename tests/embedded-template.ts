import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { migrateEmbedded } from '#lib/db/migrate';
import { pgliteOptions, wrapPglite } from '#lib/db/open';

/** What a migrated embedded database is made from. A change of it makes another one. */
const sources = ['drizzle/**/*.{sql,json}', 'lib/db/**/*.ts', 'tests/embedded-template.ts', 'package-lock.json'];
const kept = 'node_modules/.cache/grantkeep-embedded';

/** A migrated embedded database without a row, kept between runs. */
export interface EmbeddedTemplate {
  /** Its files, as the product finds them in `pg` of a data folder. */
  folder: string;
  /** The same in one tar file, without what a test's copy in memory does not need. */
  tar: string;
}

/** Makes the template where nobody has made it of these sources. Several processes may ask at once. */
export async function embeddedTemplate(): Promise<EmbeddedTemplate> {
  // The ledger has a partition for each month that was known when it was made.
  const hash = createHash('sha256').update(new Date().toISOString().slice(0, 'yyyy-mm'.length));
  for (const file of globSync(sources, { exclude: ['**/*.test.ts'] }).sort())
    hash.update(`${file}\0`).update(readFileSync(file));
  const home = join(process.cwd(), kept, hash.digest('hex').slice(0, 16));
  if (!existsSync(home)) await make(home);
  return { folder: join(home, 'pg'), tar: join(home, 'template.tar') };
}

/** Lays a migrated database into a data folder, which the product then opens instead of making one. */
export async function layEmbedded(dataDir: string): Promise<void> {
  const { folder } = await embeddedTemplate();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  cpSync(folder, join(dataDir, 'pg'), { recursive: true });
}

async function make(home: string): Promise<void> {
  mkdirSync(kept, { recursive: true });
  const making = mkdtempSync(join(kept, 'making-'));
  try {
    await change(join(making, 'pg'), async (pglite) => void (await migrateEmbedded(wrapPglite(pglite))));
    cpSync(join(making, 'pg'), join(making, 'lean'), { recursive: true });
    await change(join(making, 'lean'), async (pglite) => {
      await dropTemplates(pglite);
      // A copy zeroes its buffers when it starts: 128 MB of them took 40 % of the start.
      await pglite.exec("alter system set shared_buffers = '4MB'");
      await pglite.exec('checkpoint');
      const files = await pglite.dumpDataDir('none');
      writeFileSync(join(making, 'template.tar'), new Uint8Array(await files.arrayBuffer()), { mode: 0o600 });
    });
    rmSync(join(making, 'lean'), { recursive: true });
    removeOld();
    renameSync(making, home);
  } catch (error) {
    // Another process was quicker.
    if (!existsSync(home)) throw error;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

/** Removes the templates of other sources, but for those that a run of today may still read. */
function removeOld(): void {
  const yesterday = Date.now() - 24 * 3_600_000;
  for (const old of globSync(`${kept}/*`))
    if (statSync(old).mtimeMs < yesterday) rmSync(old, { recursive: true, force: true });
}

async function change(dataDir: string, act: (pglite: PGlite) => Promise<void>): Promise<void> {
  const pglite = await PGlite.create({ ...pgliteOptions, dataDir });
  await act(pglite).finally(() => pglite.close());
}

/** Two thirds of an empty database's files are the templates of others, which no test makes: each copy is a third quicker. */
async function dropTemplates(pglite: PGlite): Promise<void> {
  await pglite.exec("update pg_database set datistemplate = false, datallowconn = true where datname like 'template_'");
  for (const name of ['template0', 'template1']) await pglite.exec(`drop database ${name}`);
}
