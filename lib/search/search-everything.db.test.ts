import { beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '#lib/context';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { tellRequest } from '#lib/search/request-story';
import { searchEverything } from '#lib/search/search-everything';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
const reference = newId('req');
const fingerprint = Buffer.alloc(32, 7).toString('base64');
let auditor: Context;
let ada: Awaited<ReturnType<typeof addPerson>>;
let key: Awaited<ReturnType<typeof addApiKey>>;
/** Connections of Ada: two at Acme, one elsewhere; the last is of somebody else. */
let ids: Record<'acme' | 'second' | 'other' | 'bobs', string>;

beforeAll(async () => {
  const issuer = 'http://127.0.0.1:9';
  const runtime = createRuntime(database.current, [plainRecord(issuer), plainRecord(issuer, 'other')]);
  ada = await addPerson(runtime, { name: 'Ada Marlow', email: 'ada@quill.example' });
  const bob = await addPerson(runtime, { name: 'Bob Marlow', email: 'bob@quill.example' });
  auditor = (await addPerson(runtime, { name: 'Grace' })).ctx('auditor');
  key = await addApiKey(runtime, { name: 'quill-sync' });
  const connect = (personId: string, label: string, provider?: string) =>
    addConnection(runtime, {
      personId,
      subject: `subject-of-${label}`,
      values: { label },
      ...(provider && { provider }),
    });
  ids = {
    acme: await connect(ada.id, 'ada@quill.example'),
    second: await connect(ada.id, 'ada-at-work'),
    other: await connect(ada.id, 'ada-elsewhere', 'other'),
    bobs: await connect(bob.id, 'bobby'),
  };
  const about = { personId: ada.id, connectionId: ids.acme, provider: 'acme' };
  await record(
    database.db,
    { ...key.ctx, ip: '198.51.100.77' },
    { action: 'token.vended', ...about, details: { fingerprint } },
  );
  await record(
    database.db,
    { ...ada.ctx(), requestId: reference },
    {
      ...{ action: 'flow.refused', outcome: 'failed', code: 'invalid_client', provider: 'acme' },
      details: { intent: 'connect', provider_error: 'invalid_client' },
    },
  );
});

describe('S-03 one search', () => {
  test.each<[string, () => string, () => object]>([
    [
      'an e-mail address, although an account is called so, too',
      () => 'Ada@Quill.example',
      () => ({ kind: 'person', id: ada.id }),
    ],
    ['an account’s subject', () => 'subject-of-bobby', () => ({ kind: 'connection', id: ids.bobs })],
    ['an account’s label', () => 'ada-at-work', () => ({ kind: 'connection', id: ids.second })],
    ['a person and a provider', () => 'ada@quill.example Other', () => ({ kind: 'connection', id: ids.other })],
    ['a connection', () => ids.bobs, () => ({ kind: 'connection', id: ids.bobs })],
    ['a key’s name', () => 'quill-sync', () => ({ kind: 'api_key', id: key.id })],
    ['a key', () => key.id, () => ({ kind: 'api_key', id: key.id })],
    ['a provider', () => 'acme', () => ({ kind: 'provider', id: 'acme' })],
    ['an address', () => '198.51.100.77', () => ({ kind: 'address', id: '198.51.100.77' })],
    ['a fingerprint', () => fingerprint, () => ({ kind: 'fingerprint', id: fingerprint })],
    ['a reference', () => reference, () => ({ kind: 'request', id: reference })],
  ])('an exact hit leads to its page: %s', async (_, query, lead) => {
    expect((await searchEverything(auditor, { query: query() })).lead).toEqual(lead());
  });

  test.each(['198.51.100.78', 'per_0000000000000000', 'alr_0000000000000000', 'nobody-at-all', 'ab', ''])(
    '%j leads nowhere',
    async (query) => {
      expect(await searchEverything(auditor, { query })).toMatchObject({ lead: null, people: [], connections: [] });
    },
  );

  test('words that fit several answer all of them, by kind', async () => {
    const found = await searchEverything(auditor, { query: 'quill' });
    expect(found.lead).toBeNull();
    expect(found.people.map(({ name }) => name).toSorted()).toEqual(['Ada Marlow', 'Bob Marlow']);
    expect(found.connections.map(({ id }) => id).toSorted()).toEqual(Object.values(ids).toSorted());
    expect(found.apiKeys.map(({ name }) => name)).toEqual(['quill-sync']);
  });

  test('a person searches nothing, not even their own', async () => {
    await expect(searchEverything(ada.ctx(), { query: ada.id })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(tellRequest(ada.ctx(), { reference })).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('S-03 the story of a request', () => {
  test('tells who tried what, where it ended, what the provider said, and what is so now', async () => {
    const story = await tellRequest(auditor, { reference });
    expect(story).toMatchObject({
      tried: 'connect',
      end: { actor: { name: 'Ada Marlow' }, provider: 'acme' },
      // The protocol's code in the ledger; the sentence of the code that the person was answered.
      refusal: { code: 'invalid_client', sentence: expect.stringContaining('set-up') },
      providerSaid: { code: 'invalid_client', advice: { next: expect.stringContaining('Copy both anew') } },
    });
    expect(story.refusal?.advice?.step).toBe('exchange');
    expect(story.now.map(({ id }) => id).toSorted()).toEqual([ids.acme, ids.second].toSorted());
  });

  test('tells of a request that has no entry that there is none, and refuses what is no reference', async () => {
    expect(await tellRequest(auditor, { reference: newId('req') })).toMatchObject({ end: null, entries: [] });
    await expect(tellRequest(auditor, { reference: 'req_' })).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
