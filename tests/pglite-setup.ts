import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { TestProject } from 'vitest/node';
import { migrateEmbedded } from '#lib/db/migrate';
import { pgliteOptions, wrapPglite } from '#lib/db/open';
import '#tests/database';

/** Migrates one PGlite per run; every test database starts as a copy of its files. */
export default async function setUp(project: TestProject): Promise<() => void> {
  const pglite = await PGlite.create(pgliteOptions);
  const database = wrapPglite(pglite);
  await migrateEmbedded(database);
  const files = await pglite.dumpDataDir('none');
  await database.close();
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-pglite-'));
  const template = join(folder, 'template.tar');
  writeFileSync(template, new Uint8Array(await files.arrayBuffer()), { mode: 0o600 });
  project.provide('pgliteTemplate', template);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // An interrupted run skips the tear-down.
  process.once('exit', remove);
  return remove;
}
