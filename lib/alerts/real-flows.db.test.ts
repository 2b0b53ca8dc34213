import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { revokeConnection } from '#lib/revocation/revoke';
import { raisedBy } from '#tests/alerts';
import { demoHub } from '#tests/demo-hub';
import { addConnection, addPerson } from '#tests/hub';
import { Visitor } from '#tests/visitor';

const hub = demoHub(['demo', 'okta']);

async function somebody(): Promise<Visitor> {
  const visitor = new Visitor(hub.runtime);
  await visitor.signIn();
  return visitor;
}

const times = async (count: number, act: () => Promise<unknown>) => {
  for (let n = 0; n < count; n++) await act();
};

test('codes that a provider refuses', async () => {
  const visitor = await somebody();
  hub.demo.server('okta').switches.token_error = 'invalid_grant';
  expect(await raisedBy(hub.runtime, () => times(5, () => visitor.connect('okta')))).toEqual(['failed_exchanges okta']);
});

test('a provider that rejects the hub’s own credentials', async () => {
  const visitor = await somebody();
  hub.demo.server('okta').switches.token_error = 'invalid_client';
  expect(await raisedBy(hub.runtime, () => times(3, () => visitor.connect('okta')))).toEqual([
    'credentials_refused okta',
  ]);
});

test('an answer in another authorization server’s name', async () => {
  const visitor = await somebody();
  hub.demo.server('okta').switches.wrong_iss = true;
  expect(await raisedBy(hub.runtime, () => visitor.connect('okta'))).toEqual(['issuer_refused okta']);
});

test('callbacks that nobody’s flow began', async () => {
  const visitor = new Visitor(hub.runtime);
  const forged = (n: number) =>
    visitor.callback(`${hub.runtime.config.appUrl.origin}/oauth/callback?code=x&state=${n}`);
  let n = 0;
  const found = await raisedBy(hub.runtime, () => times(10, () => forged(n++)));
  expect(found).toEqual(['refused_callbacks hub']);
});

test('a token that lives longer than the policy allows', async () => {
  const visitor = await somebody();
  hub.demo.server('okta').switches.access_token_ttl_s = 2 * 3600;
  // The first look finds none, and the next is due an hour later.
  expect(await raisedBy(hub.runtime, () => visitor.connect('okta'), 61)).toEqual(['long_lived_tokens okta']);
  await hub.database.db.execute(sql`delete from connections`);
});

test('twenty connections revoked one after the other', async () => {
  const { id: personId, ctx } = await addPerson(hub.runtime);
  const ids: string[] = [];
  await times(20, async () => ids.push(await addConnection(hub.runtime, { personId, provider: 'okta' })));
  const found = await raisedBy(hub.runtime, async () => {
    for (const id of ids) await revokeConnection(ctx(), { id });
  });
  expect(found).toContain('mass_revocation hub');
});
