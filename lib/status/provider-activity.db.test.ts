import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { AppError } from '#lib/errors';
import { activityRows, countedTo, listProviderActivity } from '#lib/status/provider-activity';
import { vendToken } from '#lib/tokens/vend-token';
import { addPerson } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

const acme = async () => {
  const [only] = await listProviderActivity(systemContext(hub.runtime, 'test'));
  if (!only) throw new Error('it is configured');
  return only;
};

test('a provider’s refreshes of the last hour are counted, and the last of each kind is named', async () => {
  await hub.database.db.execute(sql`truncate ledger`);
  expect(await acme()).toMatchObject({ refreshed: 0, failed: 0, lastRefreshedAt: null, lastFailure: null });
  await vendToken(hub.ctx, { id: await hub.expired() });
  hub.server.behaviour.instead = json(503, {});
  await expect(vendToken(hub.ctx, { id: await hub.expired() })).rejects.toBeInstanceOf(AppError);
  await hub.database.db.execute(sql`insert into ledger (at, action, outcome, code, actor_type, provider)
    values (now() - interval '61 minutes', 'token.refresh_failed', 'failed', 'invalid_client', 'system', 'acme')`);
  expect(await acme()).toMatchObject({
    refreshed: 1,
    failed: 1,
    lastRefreshedAt: expect.any(Date),
    lastFailure: { at: expect.any(Date), code: 'provider_unavailable' },
    backingOff: 1,
  });
});

test('what the background would refresh is counted once, whatever the reasons', async () => {
  const before = await acme();
  await hub.expired({ lastUsedAt: new Date() });
  await hub.expired();
  expect((await acme()).due).toBe(before.due + 1);
});

test('only those who may see everything see it', async () => {
  const { ctx } = await addPerson(hub.runtime);
  await expect(listProviderActivity(ctx())).rejects.toThrow(new AppError('forbidden'));
  await expect(listProviderActivity(ctx('auditor'))).resolves.toHaveLength(1);
});

test('counting ends early and follows the indexes, however much there is', async () => {
  const { db } = hub.database;
  await db.execute(sql`insert into ledger (action, outcome, actor_type, provider, at)
    select case n % 4 when 0 then 'token.refreshed' else 'token.vended' end, 'ok', 'system', 'acme', now()
    from generate_series(1, 45000) n`);
  await db.execute(sql`analyze ledger`);
  expect((await acme()).refreshed).toBe(countedTo + 1);
  const plan = JSON.stringify(rowsOf(await db.execute(sql`explain ${activityRows(['acme'])}`)));
  const month = `ledger_${new Date().toISOString().slice(0, 7).replace('-', '_')}`;
  // Read whole are only the months that have no rows yet.
  expect(plan.includes(`Seq Scan on ${month}`)).toBe(false);
  expect(plan.includes(`using ${month}_provider_action_at_idx`)).toBe(true);
});
