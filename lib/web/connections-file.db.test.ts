import { eq } from 'drizzle-orm';
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
import { people } from '#lib/db/schema/people';
import { newPersonId } from '#lib/ids';
import { lastExportWritten } from '#lib/transfer/export-written';
import { handleConnectionsExport } from '#lib/web/connections-file';
import { demoHub } from '#tests/demo-hub';
import { addConnection, entries } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo']);

async function someone(role: 'administrator' | 'auditor' | 'user', lately = true) {
  const visitor = new Visitor(hub.runtime);
  const account = `${newPersonId().slice(4)}@example.com`;
  const personId = await visitor.signIn(account);
  if (lately) await visitor.stepUp(account);
  await hub.database.db.update(people).set({ role }).where(eq(people.id, personId));
  const connection = await addConnection(hub.runtime, { personId, accessToken: `at_canary_${personId}` });
  return { ctx: await visitor.context(), connection, token: `at_canary_${personId}` };
}

function ask(publicKey = '', headers: Record<string, string> = {}): Request {
  const { origin } = hub.runtime.config.appUrl;
  const body = new URLSearchParams({ public_key: publicKey });
  return new Request(`${origin}/admin/connections/export`, { method: 'POST', headers: { origin, ...headers }, body });
}

const linesOf = async (answer: Response): Promise<Record<string, unknown>[]> =>
  (await answer.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('an auditor takes the connections without tokens, and the ledger says so', async () => {
  const { ctx, connection, token } = await someone('auditor');
  const answer = await handleConnectionsExport(ctx, ask());
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="connections-[\d-]+\.jsonl"$/);
  const lines = await linesOf(answer);
  expect(lines.map((line) => line.connection)).toContain(connection);
  expect(JSON.stringify(lines)).not.toContain(token);
  expect((await entries(hub.runtime)).slice(-2)).toMatchObject([
    { action: 'connection.exported', details: { connections: lines.length, tokens: false, to: null } },
    { action: 'connection.export_written', details: { rows: lines.length, tokens: false } },
  ]);
  expect(await lastExportWritten(ctx)).toMatchObject({ rows: lines.length });
  expect(await lastExportWritten((await someone('auditor')).ctx)).toBeNull();
});

test('a file that breaks off is not called complete', async () => {
  const { ctx } = await someone('auditor');
  await (await handleConnectionsExport(ctx, ask())).body?.cancel();
  expect(await lastExportWritten(ctx)).toBeNull();
  const { ctx: person } = await someone('user');
  await expect(lastExportWritten(person)).rejects.toMatchObject({ code: 'forbidden' });
});

test('an administrator takes them with tokens, and only the holder of the key reads them', async () => {
  const { ctx, connection, token } = await someone('administrator');
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true });
  const answer = await handleConnectionsExport(ctx, ask(JSON.stringify(await exportJWK(publicKey))));
  const lines = await linesOf(answer);
  expect(JSON.stringify(lines)).not.toContain(token);
  const line = lines.find((one) => one.connection === connection);
  const { plaintext } = await compactDecrypt(String(line?.jwe), privateKey);
  expect(JSON.parse(Buffer.from(plaintext).toString())).toMatchObject({ connection, access_token: token });
  const secret = JSON.stringify(await exportJWK(privateKey));
  expect((await handleConnectionsExport(ctx, ask(secret))).headers.get('location')).toContain('flow=invalid_request');
});

const publicKey = '{"kty":"OKP","crv":"X25519","x":"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"}';
test.each<[string, Parameters<typeof someone>, () => Request, code: string]>([
  ['another person', ['user'], () => ask(), 'forbidden'],
  ['an auditor who wants tokens', ['auditor'], () => ask(publicKey), 'forbidden'],
  ['a sign-in of long ago', ['administrator', false], () => ask(publicKey), 'step_up_required'],
  ['text that is no key', ['administrator'], () => ask('age1'), 'invalid_request'],
  ['a list', ['administrator'], () => ask('[]'), 'invalid_request'],
  ['a key of another kind', ['administrator'], () => ask('{"kty":"oct","k":"AA"}'), 'invalid_request'],
  ['a key that is very long', ['administrator'], () => ask(`{"kty":"${'x'.repeat(9_000)}"}`), 'invalid_request'],
  ['a form of another site', ['administrator'], () => ask('', { origin: 'https://evil.example' }), 'wrong_origin'],
])('there is no file for %s', async (_, who, request, code) => {
  const { ctx } = await someone(...who);
  const before = (await entries(hub.runtime)).filter(({ action }) => action === 'connection.exported').length;
  const answer = await handleConnectionsExport(ctx, request());
  expect([answer.status, answer.headers.get('location')]).toEqual([303, expect.stringContaining(`flow=${code}`)]);
  const after = (await entries(hub.runtime)).filter(({ action }) => action === 'connection.exported').length;
  expect(after).toBe(before);
});
