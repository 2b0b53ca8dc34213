import { beforeEach, describe, expect, test } from 'vitest';
import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key';
import { listApiKeys } from '#lib/api-keys/list-api-keys';
import { rotateApiKey } from '#lib/api-keys/rotate-api-key';
import { disableApplication, enableApplication } from '#lib/applications/disable';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addApplication, asNobody, createRuntime, entries, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let operator: Context;
beforeEach(() => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  operator = systemContext(runtime, 'test');
});

describe('a key of an application', () => {
  test('says so, in lists and in the ledger', async () => {
    const applicationId = await addApplication(runtime);
    const { id } = await addApiKey(runtime, { applicationId, scopes: ['connections:create'] });
    const { id: other } = await addApiKey(runtime);
    const { items } = await listApiKeys(operator, { application: applicationId });
    expect(items).toMatchObject([{ id, applicationId, applicationName: 'Planner' }]);
    const all = (await listApiKeys(operator)).items;
    expect(all.find((one) => one.id === other)).toMatchObject({ applicationId: null, applicationName: null });
    expect(await entries(runtime)).toContainEqual(
      expect.objectContaining({ apiKeyId: id, details: expect.objectContaining({ application: applicationId }) }),
    );
  });

  test('stays so when it is rotated', async () => {
    const applicationId = await addApplication(runtime);
    const { id } = await addApiKey(runtime, { applicationId });
    const { apiKey, key } = await rotateApiKey(operator, { id });
    expect(apiKey).toMatchObject({ applicationId, replaces: id });
    expect(await authenticateApiKey(asNobody(runtime), key)).toMatchObject({ applicationId });
  });

  test.each([
    ['webhooks of everybody, with an application', 'webhooks:manage', true],
    ['applications, with one', 'applications:manage', true],
    ['people to connect, without one', 'connections:create', false],
  ] as const)('has no scope for %s', async (_, scope, ofApplication) => {
    const applicationId = ofApplication ? await addApplication(runtime) : null;
    await expect(addApiKey(runtime, { scopes: ['connections:read', scope], applicationId })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: 'scopes' }],
    });
  });

  test('needs an application that goes on', async () => {
    await expect(addApiKey(runtime, { applicationId: 'app_0' })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: 'applicationId' }],
    });
    const applicationId = await addApplication(runtime);
    await disableApplication(operator, { id: applicationId, reason: 'r' });
    await expect(addApiKey(runtime, { applicationId })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('is of no use from the moment that its application is disabled, until it is enabled', async () => {
    const applicationId = await addApplication(runtime);
    const { key } = await addApiKey(runtime, { applicationId });
    await disableApplication(operator, { id: applicationId, reason: 'r' });
    await expect(authenticateApiKey(asNobody(runtime), key)).rejects.toMatchObject({ code: 'invalid_api_key' });
    await enableApplication(operator, { id: applicationId, reason: 'r' });
    expect(await authenticateApiKey(asNobody(runtime), key)).toMatchObject({ applicationId });
  });
});
