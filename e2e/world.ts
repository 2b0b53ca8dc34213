import type { Page } from '@playwright/test';
import { sql } from 'drizzle-orm';
import { createApiKey } from '#lib/api-keys/create-api-key';
import { createApplication } from '#lib/applications/create';
import { setAppearance } from '#lib/applications/set-appearance';
import { heldIdOf } from '#lib/bulk-revocation/held-key';
import { prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import { revokedTokenPlaces } from '#lib/connections/tokens-at-rest';
import { alerts } from '#lib/db/schema/alerts';
import { connections } from '#lib/db/schema/connections';
import { providerStops } from '#lib/db/schema/provider-stops';
import { reviews } from '#lib/db/schema/reviews';
import { revocations } from '#lib/db/schema/revocations';
import { webhookDeliveries, webhookMessages } from '#lib/db/schema/webhooks';
import { freeze } from '#lib/freezes/freeze';
import { standingFreezes } from '#lib/freezes/list';
import { thaw } from '#lib/freezes/thaw';
import { newId } from '#lib/ids';
import { refusedGeneration } from '#lib/revocation/claim-revocations';
import { createWebhook } from '#lib/webhooks/create';
import { listWebhooks } from '#lib/webhooks/list';
import { removeWebhook } from '#lib/webhooks/remove';
import type { RunningApp } from './app-process.ts';
import { expect, type SecondProcess } from './governed.ts';
import { givenConnection, personOf, someone } from './steps.ts';
import type { WebhookReceiver } from './webhook-receiver.ts';

/** A PNG of one pixel, in base64. */
export const smallestPng =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

/** What the owner's connection is offered to choose from. */
export const offeredSite = { label: 'One', extras: { site_id: 's-1' } };

/** What there is for actions to be tried on; ids of rows. */
export interface World {
  /** Who has no part in it, their session, and connections of theirs. */
  person: string;
  session: string;
  selected: string;
  revocable: string;
  /** A bulk revocation of one connection of theirs that is not begun. */
  prepared: string;
  /** Of the owner, who does for themselves what people may. */
  ownersSession: string;
  ownersConnection: string;
  key: string;
  application: string;
  /** One that is not frozen. */
  keyToRotate: string;
  alert: string;
  webhook: string;
  /** A message to it that was given up; there is one more. */
  delivery: string;
  freeze: string;
  hookUrl: string;
  /** Refused grants with tokens that are still held. */
  heldGrant: string;
  heldToLetGo: string;
  /** An open review, and one with findings of this moment. */
  review: string;
  reviewToSign: string;
  reviewedAt: string;
}

/** Two messages to a webhook that its receiver did not take for a day; answers the id of one. */
async function giveUpOn({ ctx: { database } }: SecondProcess, endpointId: string): Promise<string> {
  const ids: number[] = [];
  const at = new Date();
  for (const n of [1, 2]) {
    const id = `msg_${endpointId}_${n}`;
    const payload = { type: 'connection.created', timestamp: at.toISOString(), data: { connection: 'con_none' } };
    await database.db.insert(webhookMessages).values({ id, type: 'connection.created', payload, createdAt: at });
    const given = {
      messageId: id,
      endpointId,
      state: 'failed',
      nextAttemptAt: at,
      createdAt: at,
      finishedAt: at,
    } as const;
    const rows = await database.db.insert(webhookDeliveries).values(given).returning({ id: webhookDeliveries.id });
    ids.push(...rows.map((row) => row.id));
  }
  return String(ids[0]);
}

/** A refused grant that the hub could not revoke, with its sealed tokens; answers what the forms name it by. */
async function holdRefused({ ctx }: SecondProcess, personId: string): Promise<string> {
  const key = { personId, connectionId: newId('rfg'), replacedGeneration: refusedGeneration };
  const issuer = 'https://x.example';
  const of = { provider: 'not-configured', issuer, accountParams: {}, generation: refusedGeneration };
  await ctx.database.db.insert(revocations).values({
    ...key,
    provider: of.provider,
    state: 'failed',
    lastErrorCode: 'unknown_provider',
    requestedBy: personId,
    finishedAt: new Date(),
    accessToken: await ctx.vault.seal('at_held', revokedTokenPlaces(key, of).accessToken),
    refused: { intent: 'connect', code: 'conflict', issuer, subject: null, extras: {} },
  });
  return heldIdOf(key);
}

/** Something of everything: of a person who has no part in the story, and of the owner. */
export async function makeWorld(
  second: SecondProcess,
  app: RunningApp,
  { person: page, owner }: { person: Page; owner: Page },
  hook: WebhookReceiver,
): Promise<World> {
  const { ctx } = second;
  const ownersConnection = await givenConnection(owner, app, 'okta');
  await ctx.database.db
    .update(connections)
    .set({ offered: [{ name: 'site', entries: [offeredSite] }] })
    .where(sql`${connections.id} = ${ownersConnection}`);
  const [selected, revocable, prepared] = [
    await givenConnection(page, app, 'github'),
    await givenConnection(page, app, 'okta'),
    await givenConnection(page, app, 'salesforce'),
  ];
  const person = await personOf(app, selected);
  const sessionOf = async (id: string) => {
    const found = await second.rows<{ id: string }>(sql`select public_id as id from sessions where person_id = ${id}`);
    expect(found).toHaveLength(1);
    return found[0]?.id ?? '';
  };
  const { id: bulk } = await prepareBulkRevocation(ctx, { ids: [prepared] });
  const { apiKey } = await createApiKey(ctx, { name: someone('service'), scopes: ['tokens:vend'] });
  const { apiKey: toRotate } = await createApiKey(ctx, { name: someone('rotating'), scopes: ['tokens:vend'] });
  const { id: application } = await createApplication(ctx, {
    name: someone('Application'),
    contact: 'ops@app.example',
    returnUrls: ['https://app.example/connected'],
  });
  const colours = { light: '#1d4ed8', dark: '#93c5fd' };
  await setAppearance(ctx, { id: application, logo: smallestPng, colours });
  const { id: webhook } = await createWebhook(ctx, { name: 'on call', url: hook.url });
  const delivery = await giveUpOn(second, webhook);
  const standing = await freeze(ctx, { scope: 'api_key', target: apiKey.id, reason: 'the story begins so' });
  const alert = `alr_${apiKey.id.slice(4)}`;
  const now = new Date();
  await ctx.database.db.insert(alerts).values({
    id: alert,
    rule: 'new_network',
    subject: apiKey.id,
    severity: 'critical',
    value: 1,
    peak: 1,
    count: 1,
    openedAt: now,
    heldAt: now,
  });
  // One row a provider and issuer: the world of an earlier story has left its own, ended or not.
  const stop = { people: 3, nextProbeAt: new Date(now.getTime() + 3_600_000), endedAt: null, endedBy: null };
  await ctx.database.db
    .insert(providerStops)
    .values({ provider: 'google', issuer: 'https://accounts.google.com', ...stop })
    .onConflictDoUpdate({ target: [providerStops.provider, providerStops.issuer], set: stop });
  // Of a period that no job opens, so that each story has its own.
  const [review, reviewToSign] = [newId('rev'), newId('rev')];
  const findings = { from: now.toISOString(), to: now.toISOString(), items: [], more: 0 };
  const ofReview = {
    period: 'on_change',
    dueAt: new Date(now.getTime() + 86_400_000),
    createdAt: now,
    findings,
    findingsAt: now,
  } as const;
  for (const [n, id] of [review, reviewToSign].entries())
    await ctx.database.db
      .insert(reviews)
      .values({ ...ofReview, id, task: 'advisories', periodStart: new Date(now.getTime() - n - 1) });
  return {
    person,
    session: await sessionOf(person),
    selected,
    revocable,
    prepared: bulk,
    ownersSession: await sessionOf(await personOf(app, ownersConnection)),
    ownersConnection,
    key: apiKey.id,
    application,
    keyToRotate: toRotate.id,
    alert,
    webhook,
    delivery,
    freeze: standing.id,
    hookUrl: hook.url,
    heldGrant: await holdRefused(second, person),
    heldToLetGo: await holdRefused(second, person),
    review,
    reviewToSign,
    reviewedAt: now.toISOString(),
  };
}

/** The address of a file of `app/` such as `app/admin/people/[id]/page`, with the ids of what there is. */
export function pathWithin(world: World, file: string): string {
  const folders = file.split('/').slice(1, -1);
  const path = `/${folders.filter((folder) => !folder.startsWith('(')).join('/')}`;
  const ids: [within: string, id: string][] = [
    ['/admin/people/', world.person],
    ['/admin/alerts/webhooks/', world.webhook],
    ['/admin/alerts/rules/', 'failed_exchanges'],
    ['/admin/alerts/', world.alert],
    ['/admin/api-keys/', world.key],
    ['/admin/applications/', world.application],
    ['/admin/providers/', 'google'],
    ['/admin/revocations/', world.prepared],
    ['/admin/reviews/', world.review],
    ['/applications/', world.application],
    ['/admin/', world.revocable],
    ['/', world.ownersConnection],
  ];
  const id = ids.find(([within]) => path.startsWith(within))?.[1] ?? '';
  return path.replace('[id]', id).replace('[delivery]', world.delivery).replace('[ref]', 'req_0123456789abcdef');
}

/** Lifts every freeze and removes every webhook, for the stories that come after on the same hub. */
export async function leaveNothing({ ctx }: SecondProcess): Promise<void> {
  for (const { id } of (await standingFreezes(ctx, { limit: 1000 })).items)
    await thaw(ctx, { id, reason: 'the story is over' });
  for (const { id } of await listWebhooks(ctx)) await removeWebhook(ctx, { id });
}
