import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { ledger } from '#lib/db/schema/ledger';
import { onlyForReaders } from '#lib/web/page';
import { sharedDatabase } from '#tests/database';
import { addPerson, createRuntime } from '#tests/hub';

const database = sharedDatabase();

test('a person who looks for an admin page finds none, and the ledger says so once a request', async () => {
  const runtime = createRuntime(database.current, []);
  const person = await addPerson(runtime);
  const request = { ...person.ctx(), ip: '203.0.113.9' };
  // As the layout and the page of one request do.
  for (const ask of [request, request]) expect(() => onlyForReaders(ask)).toThrow('NEXT_HTTP_ERROR_FALLBACK;404');
  for (const role of ['administrator', 'auditor'] as const)
    expect(() => onlyForReaders(person.ctx(role))).not.toThrow();
  await runtime.refusals.flush(database.db);
  const rows = await database.db.select().from(ledger).where(eq(ledger.action, 'request.refused'));
  expect(rows).toMatchObject([
    { outcome: 'refused', code: 'forbidden', actorType: 'person', actorId: person.id, ip: '203.0.113.0/24', count: 1 },
  ]);
});
