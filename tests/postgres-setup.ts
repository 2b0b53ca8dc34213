import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { TestProject } from 'vitest/node';
import { migrateServer } from '#lib/db/migrate';
import { openPostgres } from '#lib/db/open';
import { startPostgres } from '#scripts/postgres-server';
import '#tests/database';

/**
 * Migrates one template database per run, on the server that TEST_DATABASE_URL names (its role must be allowed to
 * create databases) or on a private one.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL;
  const server = given ? { url: given, stop: async () => {} } : await startPostgres();
  const template = `template_${randomBytes(8).toString('hex')}`;
  const administer = async (statement: string) => {
    const owner = openPostgres(server.url, { max: 1 });
    await owner.db.execute(sql.raw(statement)).finally(() => owner.close());
  };
  const templateUrl = new URL(server.url);
  templateUrl.pathname = `/${template}`;
  try {
    await administer(`create database "${template}"`);
    await migrateServer(templateUrl.href);
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('postgresServer', { url: server.url, template });
  return async () => {
    await administer(`drop database if exists "${template}" with (force)`);
    await server.stop();
  };
}
