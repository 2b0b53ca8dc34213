import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { startPostgres } from '#scripts/postgres-server';

/** Where one worker's app keeps its rows. */
export interface StoryDatabase {
  /** What tells the app: nothing for the embedded database, else DATABASE_URL. */
  environment: Record<string, string>;
  close(): Promise<void>;
}

/** An empty database on the server of TEST_DATABASE_URL, else on a private one; nothing to do for PGlite. */
export async function storyDatabase(engine: 'pglite' | 'postgres'): Promise<StoryDatabase> {
  if (engine === 'pglite') return { environment: {}, close: async () => {} };
  const given = process.env.TEST_DATABASE_URL;
  const server = given ? { url: given, stop: async () => {} } : await startPostgres();
  const name = `story_${randomBytes(8).toString('hex')}`;
  const administer = async (statement: string) => {
    const sql = postgres(server.url, { max: 1, onnotice: () => {} });
    await sql.unsafe(statement).finally(() => sql.end());
  };
  await administer(`create database "${name}"`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return {
    environment: { DATABASE_URL: url.href },
    close: async () => {
      await administer(`drop database if exists "${name}" with (force)`);
      await server.stop();
    },
  };
}
