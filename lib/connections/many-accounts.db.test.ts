import { expect, test } from 'vitest';
import { listProviderCards } from '#lib/connections/cards';
import { listWaiting } from '#lib/connections/list-waiting';
import { sharedDatabase } from '#tests/database';
import { addConnection, addPerson, as, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
const plain = (id: string, more: Record<string, unknown> = {}) => ({
  ...plainRecord('http://localhost:1', id),
  ...more,
});
const hub = () =>
  createRuntime(database.current, [plain('acme'), plain('beta'), plain('gamma'), plain('closed', { connect: false })]);

/** A person with accounts, the first of them the oldest. */
async function personWith(accounts: [provider: string, values?: Parameters<typeof addConnection>[1]['values']][]) {
  const runtime = hub();
  const person = await addPerson(runtime);
  const ids: string[] = [];
  for (const [n, [provider, values]] of accounts.entries()) {
    const createdAt = new Date(Date.now() - (accounts.length - n) * 60_000);
    ids.push(await addConnection(runtime, { personId: person.id, values: { provider, createdAt, ...values } }));
  }
  return { runtime, ctx: person.ctx, ids };
}

test('a page of many accounts has some of each provider, and says how many there are', async () => {
  const { ctx, ids } = await personWith([
    ['beta'],
    ...Array.from({ length: 5 }, (): ['acme'] => ['acme']),
    ['acme', { status: 'revoked', revokedAt: new Date() }],
  ]);
  const { items, nextCursor } = await listProviderCards(ctx(), { limit: 3 });
  expect(items.map((card) => [card.provider.id, card.live, card.listed, card.connections.map(({ id }) => id)])).toEqual(
    [
      // The revoked one is the newest, and comes after the live ones.
      ['acme', 5, 6, [ids[5], ids[4]]],
      ['beta', 1, 1, [ids[0]]],
      ['gamma', 0, 0, []],
    ],
  );
  expect(nextCursor).toBeNull();
});

test('a page of many accounts has the connection that a flow tells of', async () => {
  const { ctx, ids } = await personWith([['acme'], ['acme'], ['acme']]);
  const { items } = await listProviderCards(ctx(), { limit: 2, including: ids[0] });
  expect(items[0]?.connections.map(({ id }) => id)).toEqual([ids[2], ids[0]]);
  const others = await personWith([['acme']]);
  const { items: kept } = await listProviderCards(ctx(), { limit: 2, including: others.ids[0] });
  expect(kept[0]?.connections.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
});

test('the pages of one provider reach each account once', async () => {
  const { ctx, ids } = await personWith([['acme'], ['beta'], ['acme'], ['acme'], ['acme'], ['acme']]);
  const seen: string[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await listProviderCards(ctx(), { only: 'acme', limit: 2, cursor: cursor ?? undefined });
    expect(page.items.map((card) => [card.provider.id, card.live])).toEqual([['acme', 5]]);
    seen.push(...page.items.flatMap((card) => card.connections.map(({ id }) => id)));
    cursor = page.nextCursor;
  } while (cursor);
  expect(seen).toEqual([5, 4, 3, 2, 0].map((n) => ids[n]));
  expect((await listProviderCards(ctx(), { only: 'nothing' })).items).toEqual([]);
});

test('accounts of a provider that takes no new ones can be seen and ended', async () => {
  const { ctx, ids } = await personWith([['closed']]);
  const card = (await listProviderCards(ctx())).items.at(-1);
  expect(card).toMatchObject({ provider: { id: 'closed' }, configured: false, live: 1 });
  expect(card?.connections.map(({ id }) => id)).toEqual(ids);
});

const offered = [{ name: 'site', entries: [{ label: 'One', extras: { site: '1' } }] }];

test.each<[string, Parameters<typeof addConnection>[1]['values'], boolean]>([
  ['works', {}, false],
  ['is to be reconnected', { status: 'needs_reconnect' }, true],
  ['is over, with nothing to renew it', { accessTokenExpiresAt: new Date(0) }, true],
  ['lacks a permission', { scopesGranted: ['read'] }, true],
  ['has more than was asked for', { scopesGranted: ['read', 'write', 'more'] }, false],
  ['is of a provider that does not say what it granted', { scopesGranted: null }, false],
  ['has nothing chosen', { offered }, true],
  ['has its choice', { offered, extras: { site: '1' } }, false],
  ['has no label from a provider that names accounts', { label: null }, false],
  ['is revoked', { status: 'revoked', revokedAt: new Date(), scopesGranted: [] }, false],
  ['is of a provider that was taken out', { provider: 'gone', status: 'needs_reconnect' }, false],
])('an account that %s waits for its person, or not, on whichever page it is', async (_, values, waits) => {
  const provider = values?.provider ?? 'acme';
  const { ctx, ids } = await personWith([
    [provider, values],
    ...Array.from({ length: 25 }, (): [string] => [provider]),
  ]);
  const { items } = await listProviderCards(ctx());
  expect(items.flatMap(({ connections }) => connections.map(({ id }) => id))).not.toContain(ids[0]);
  const waiting = await listWaiting(ctx());
  expect([waiting.items.map(({ id }) => id), waiting.more]).toEqual([waits ? [ids[0]] : [], false]);
});

test('connections to reconnect come first, also where not all rows are looked at', async () => {
  const { runtime, ctx, ids } = await personWith([
    ['acme', { status: 'needs_reconnect' }],
    ...Array.from({ length: 100 }, (): ['acme', { scopesGranted: string[] }] => ['acme', { scopesGranted: [] }]),
  ]);
  const { items, more } = await listWaiting(ctx());
  expect([items.length, items[0]?.id, items[1]?.id, more]).toEqual([100, ids[0], ids[100], true]);
  expect((await listWaiting((await addPerson(runtime)).ctx())).items).toEqual([]);
  await expect(listWaiting(as(runtime, { type: 'anonymous' }))).rejects.toMatchObject({ code: 'unauthenticated' });
});
