import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { ensureTrigrams } from '#lib/db/extension';
import { openPostgres } from '#lib/db/open';
import { describeWithConnections, withDatabase } from '#tests/database';

describeWithConnections('the extension for search', () => {
  test('is added by a role that may, asked of a superuser by one that may not, and enough where it is there', async () => {
    await withDatabase(async ({ db, url = '' }) => {
      const role = `migrating_${randomBytes(4).toString('hex')}`;
      const password = randomBytes(12).toString('hex');
      await db.execute(sql`drop extension pg_trgm cascade`);
      await db.execute(sql.raw(`create role ${role} login password '${password}'`));
      const own = new URL(url);
      Object.assign(own, { username: role, password });
      const asRole = openPostgres(own.href, { max: 1 });
      const add = () => ensureTrigrams(asRole.db);
      const database = new URL(url).pathname.slice(1);
      try {
        const refused: unknown = await add().catch((error: unknown) => error);
        expect(refused).toMatchObject({ name: 'ExtensionMissing', code: 'extension_missing' });
        expect(String(refused)).toContain('create extension pg_trgm');
        expect(String(refused)).not.toContain(password);
        await db.execute(sql.raw(`grant create on database ${database} to ${role}`));
        await add();
        await db.execute(sql.raw(`revoke create on database ${database} from ${role}`));
        await add();
      } finally {
        await asRole.close();
        await db.execute(sql.raw(`drop owned by ${role} cascade`));
        await db.execute(sql.raw(`drop role ${role}`));
      }
    });
  });
});
