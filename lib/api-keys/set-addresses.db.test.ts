import { beforeAll, describe, expect, test } from 'vitest';
import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key';
import { createApiKey } from '#lib/api-keys/create-api-key';
import { listApiKeys } from '#lib/api-keys/list-api-keys';
import { revokeApiKey } from '#lib/api-keys/revoke-api-key';
import { setAddresses } from '#lib/api-keys/set-addresses';
import { type Context, systemContext } from '#lib/context';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, asNobody, createRuntime, entries, freeze, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: ReturnType<typeof createRuntime>;
let operator: Context;
beforeAll(() => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  operator = systemContext(runtime, 'cli');
});

const from = (ip: string): Context => ({ ...asNobody(runtime), ip });

test('a key that is to be refused elsewhere is, from its next call on, until it may come from anywhere again', async () => {
  const { id, key } = await addApiKey(runtime);
  const connection = await addConnection(runtime, { personId: (await addPerson(runtime)).id });
  const vend = (ip: string) => vendToken(from(ip), { id: connection, key });
  await vend('198.51.100.7');
  await setAddresses(operator, { id, ipRanges: ['203.0.113.0/24', '2001:db8::/32'] });
  await expect(vend('198.51.100.7')).rejects.toMatchObject({ code: 'ip_not_allowed' });
  await expect(authenticateApiKey(from('198.51.100.7'), key)).rejects.toMatchObject({ code: 'ip_not_allowed' });
  for (const ip of ['203.0.113.9', '2001:db8::1']) await vend(ip);
  await setAddresses(operator, { id, ipRanges: ['203.0.113.0/24'], ipRule: 'alert' });
  await vend('198.51.100.7');
  expect((await entries(runtime)).at(-1)).toMatchObject({ action: 'token.vended', details: { unexpected_ip: true } });
  await setAddresses(operator, { id, ipRanges: null });
  await vend('198.51.100.7');
  expect((await entries(runtime)).at(-1)?.details).not.toHaveProperty('unexpected_ip');
});

test('each change is in the ledger once, with the rule itself', async () => {
  const { id } = await addApiKey(runtime);
  const before = (await entries(runtime)).length;
  const given = { id, ipRanges: ['203.0.113.9'], ipRule: 'alert' as const };
  const [first, second] = [await setAddresses(operator, { ...given }), await setAddresses(operator, { ...given })];
  expect(second).toEqual(first);
  expect(first).toMatchObject({ ipRanges: ['203.0.113.9'], ipRule: 'alert', frozen: false });
  expect((await entries(runtime)).slice(before)).toMatchObject([
    { action: 'api_key.changed', apiKeyId: id, details: { ip_ranges: ['203.0.113.9'], ip_rule: 'alert' } },
  ]);
});

test('a key can be made with its rule, and the list shows it and whether it is frozen', async () => {
  const { apiKey } = await createApiKey(operator, {
    name: 'nightly',
    scopes: ['tokens:vend'],
    ipRanges: [' 10.0.0.0/8 ', '10.0.0.0/8', '::ffff:203.0.113.9'],
  });
  expect(apiKey).toMatchObject({ ipRanges: ['10.0.0.0/8', '203.0.113.9'], ipRule: 'deny' });
  expect((await entries(runtime)).at(-1)).toMatchObject({
    action: 'api_key.created',
    details: { ip_ranges: ['10.0.0.0/8', '203.0.113.9'], ip_rule: 'deny' },
  });
  await freeze(runtime, 'api_key', apiKey.id);
  expect((await listApiKeys(operator)).items.find(({ id }) => id === apiKey.id)).toEqual({ ...apiKey, frozen: true });
});

describe('is refused', () => {
  test.each([
    [[]],
    [['']],
    [['nowhere']],
    [['10']],
    [['0x0a000001']],
    [['010.0.0.1']],
    [['10.0.0.5/8']],
    [['10.0.0.0/33']],
    [['2001:db8::1/32']],
    [['203.0.113.9', '*']],
    [Array.from({ length: 101 }, (_, n) => `10.0.0.${n}`)],
  ])('%j', async (ipRanges) => {
    const { id } = await addApiKey(runtime);
    await expect(setAddresses(operator, { id, ipRanges })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('to others, for a key that is not there, and for one that is over', async () => {
    const { id } = await addApiKey(runtime);
    const { ctx } = await addPerson(runtime);
    for (const role of ['user', 'auditor'] as const) {
      await expect(setAddresses(ctx(role), { id, ipRanges: null })).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(setAddresses(operator, { id: 'key_none', ipRanges: null })).rejects.toMatchObject({
      code: 'not_found',
    });
    await revokeApiKey(operator, { id });
    await expect(setAddresses(operator, { id, ipRanges: null })).rejects.toMatchObject({ code: 'conflict' });
  });
});
