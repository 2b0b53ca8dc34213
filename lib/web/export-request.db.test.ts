import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import { people } from '#lib/db/schema/people';
import { newPersonId } from '#lib/ids';
import { handleBulkExport } from '#lib/web/export-request';
import { demoHub } from '#tests/demo-hub';
import { addConnection, entries } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo']);

/** An administrator who has just signed in once more, and a prepared bulk revocation of one connection of theirs. */
async function prepared() {
  const visitor = new Visitor(hub.runtime);
  const account = `${newPersonId().slice(4)}@example.com`;
  const personId = await visitor.signIn(account);
  await visitor.stepUp(account);
  await hub.database.db.update(people).set({ role: 'administrator' }).where(eq(people.id, personId));
  const connection = await addConnection(hub.runtime, {
    personId,
    provider: 'gone',
    values: { label: '=HYPERLINK("https://evil.example")' },
  });
  const ctx = await visitor.context();
  const { id } = await prepareBulkRevocation(ctx, { personId });
  return { ctx, id, connection };
}

function ask(format: string, headers: Record<string, string> = {}): Request {
  const { origin } = hub.runtime.config.appUrl;
  return new Request(`${origin}/admin/revocations/x/export`, {
    method: 'POST',
    headers: { origin, ...headers },
    body: new URLSearchParams({ format }),
  });
}

function noForm(): Request {
  const { url } = ask('csv');
  return new Request(url, { method: 'POST', headers: { origin: new URL(url).origin }, body: 'csv' });
}

test('answers CSV as a file that is not kept, whose cells are no formulas', async () => {
  const { ctx, id, connection } = await prepared();
  const answer = await handleBulkExport(ctx, ask('csv'), id);
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="revocation-${id}.csv"`,
    'cache-control': 'no-store',
  });
  const [header, row] = (await answer.text()).split('\r\n');
  expect(header).toMatch(/^connection,provider,account,person,/);
  expect(row).toContain(connection);
  expect(row).toContain(`"'=HYPERLINK(""https://evil.example"")"`);
});

test('answers JSON with the rows, and says in the ledger who took how many', async () => {
  const { ctx, id, connection } = await prepared();
  const answer = await handleBulkExport(ctx, ask('json'), id);
  expect(await answer.json()).toMatchObject({ id, total: 1, rows: [{ connectionId: connection, state: 'waiting' }] });
  const [entry] = (await entries(hub.runtime)).filter(({ details }) => details.bulk === id);
  expect(entry).toMatchObject({
    action: 'bulk_revocation.exported',
    details: { format: 'json', rows: 1 },
  });
});

test.each<[string, () => Request, string, string]>([
  ['from another site', () => ask('csv', { origin: 'https://evil.example' }), 'own', 'wrong_origin'],
  ['with no form', () => noForm(), 'own', 'invalid_request'],
  ['of what is not there', () => ask('csv'), 'blk_nothing', 'not_found'],
])('goes back to the page with its code %s, and makes no file', async (_, request, which, code) => {
  const { ctx, id } = await prepared();
  const asked = which === 'own' ? id : which;
  const answer = await handleBulkExport(ctx, request(), asked);
  expect(answer.status).toBe(303);
  const where = new URL(answer.headers.get('location') ?? '', hub.runtime.config.appUrl);
  expect(where.pathname).toBe(`/admin/revocations/${asked}`);
  expect(Object.fromEntries(where.searchParams)).toEqual({ flow: code, ref: ctx.requestId });
  expect(await answer.text()).toBe('');
});
