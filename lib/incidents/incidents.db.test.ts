import { beforeEach, describe, expect, test } from 'vitest';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { alerts } from '#lib/db/schema/alerts';
import { personMails } from '#lib/db/schema/person-mails';
import { getIncident } from '#lib/incidents/get';
import { prepareIncidentRevocation } from '#lib/incidents/prepare-revocation';
import { readIncidentPicture } from '#lib/incidents/read-picture';
import { tellIncidentPeople } from '#lib/incidents/tell-people';
import { alertClock, alertHub, readBy } from '#tests/alerts';
import { addApiKey, addConnection, addPerson, asNobody, entries } from '#tests/hub';

const { database, hub } = alertHub();
let runtime: Runtime;
let clock: ReturnType<typeof alertClock>;
let operator: Context;
const hour = 60 * 60_000;

beforeEach(() => {
  runtime = hub();
  // Minute 0 is two hours ago, so that everything told lies in the past.
  clock = alertClock(runtime, new Date(Date.now() - 2 * hour));
  operator = systemContext(runtime, 'test');
});

async function theAlert(): Promise<string> {
  const [alert, another] = await database.db.select({ id: alerts.id }).from(alerts);
  if (!alert || another) throw new Error('not one alert');
  return alert.id;
}

/** A person with a connection, and the columns of an entry about it. */
async function somebody(name: string) {
  const { id: personId } = await addPerson(runtime, { name });
  const connectionId = await addConnection(runtime, { personId });
  return { personId, connectionId, about: { personId, connectionId, provider: 'acme' } };
}

describe('an incident', () => {
  test('of a key has what it read from the new network, and no other read', async () => {
    const { id: key } = await addApiKey(runtime, { name: 'billing-sync' });
    const [ada, grace, untouched] = [await somebody('Ada'), await somebody('Grace'), await somebody('Edsger')];
    await clock.evaluate(0);
    await clock.happened(1, { ...readBy(key, '198.51.100.7'), ...untouched.about });
    await clock.evaluate(2);
    await clock.happened(3, { ...readBy(key, '203.0.113.9'), ...ada.about }, 3);
    await clock.happened(3, { ...readBy(key, '203.0.113.10'), ...grace.about });
    await clock.happened(3, { ...readBy(key, '198.51.100.7'), ...untouched.about });
    await clock.evaluate(4);
    const incident = await getIncident(operator, { id: await theAlert() });
    expect(incident.events).toEqual({ count: 4, capped: false, first: clock.at(3), last: clock.at(3) });
    expect(incident.services).toEqual({ total: 1, top: [{ id: key, name: 'billing-sync', count: 4 }] });
    expect(incident.people).toEqual({
      total: 2,
      top: [
        { id: ada.personId, name: 'Ada', count: 3 },
        { id: grace.personId, name: 'Grace', count: 1 },
      ],
    });
    expect(incident.networks.top).toEqual([{ id: '203.0.113.0/24', name: null, count: 4 }]);
    expect(incident.connections.top.map(({ id }) => id)).toEqual([ada.connectionId, grace.connectionId]);
    const { total } = await prepareIncidentRevocation(operator, { id: await theAlert() });
    expect(total).toBe(2);

    const picture = await readIncidentPicture(operator, { id: await theAlert() });
    const rows = picture.rows.map(({ service, network, touched, reads }) => [
      ...[service.name, network, touched],
      reads.reduce((sum, one) => sum + one, 0),
    ]);
    expect(rows).toEqual([
      ['billing-sync', '203.0.113.0/24', true, 4],
      ['billing-sync', '198.51.100.0/24', false, 2],
    ]);
    const [first] = picture.rows;
    const span = first?.reads.findIndex((count) => count > 0) ?? -1;
    const begun = picture.spans[span]?.getTime() ?? 0;
    expect(clock.at(3).getTime() - begun).toBeGreaterThanOrEqual(0);
    expect(clock.at(3).getTime() - begun).toBeLessThan(picture.spanMinutes * 60_000);
    expect(picture).toMatchObject({ of: 'key', moreRows: 0, wholeFrom: null });
  });

  test('of a provider has the entries that its rule looks for, up to its end', async () => {
    const ada = await somebody('Ada');
    await clock.evaluate(0);
    await clock.happened(1, { action: 'token.theft_suspected', ...ada.about, outcome: 'failed' });
    await clock.happened(1, { action: 'token.refreshed', ...ada.about });
    await clock.evaluate(2);
    const id = await theAlert();
    await database.db.update(alerts).set({ state: 'resolved', resolvedAt: clock.at(30), resolvedBy: 'system' });
    await clock.happened(40, { action: 'token.theft_suspected', ...(await somebody('Later')).about });
    const incident = await getIncident(operator, { id });
    expect(incident.events?.count).toBe(1);
    expect(incident.people.top).toEqual([{ id: ada.personId, name: 'Ada', count: 1 }]);
    expect(incident.providers.top[0]?.id).toBe('acme');
    // Who read these connections before: a thief of the token may be among the services that did.
    await clock.happened(-60, { ...readBy('key_gone', '198.51.100.7'), ...ada.about }, 2);
    await clock.happened(-60, { ...readBy('key_gone', '198.51.100.7'), ...(await somebody('Other')).about });
    const picture = await readIncidentPicture(operator, { id });
    expect(picture.of).toBe('connections');
    expect(picture.rows.map(({ service, reads }) => [service.id, Math.max(...reads)])).toEqual([['key_gone', 2]]);
  });

  test('of connections that ended has the person who ended them', async () => {
    const ada = await somebody('Ada');
    const admin = await addPerson(runtime, { name: 'Linus' });
    await clock.evaluate(0);
    const by = { actorType: 'person' as const, actorId: admin.id };
    await clock.happened(1, { action: 'connection.revoked', ...ada.about, ...by }, 20);
    await clock.evaluate(2);
    const { actors, people, services } = await getIncident(operator, { id: await theAlert() });
    expect(actors.top).toEqual([{ id: admin.id, name: 'Linus', count: 20 }]);
    expect(people.total).toBe(1);
    expect(services.total).toBe(0);
  });

  test('tells its people once, a row for each account, and the ledger how many', async () => {
    const [ada, grace] = [await somebody('Ada'), await somebody('Grace')];
    await clock.evaluate(0);
    for (const { about } of [ada, ada, grace])
      await clock.happened(1, { action: 'token.theft_suspected', ...about, outcome: 'failed' });
    await clock.evaluate(2);
    const id = await theAlert();
    await expect(tellIncidentPeople(operator, { id })).rejects.toMatchObject({ code: 'conflict' });
    const mail = { smtpUrl: 'smtp://127.0.0.1:1', from: 'hub@example.com' };
    const mailing = { ...operator, config: { ...operator.config, mail } };
    await database.db.delete(personMails);
    expect(await tellIncidentPeople(mailing, { id })).toEqual({ people: 2, accounts: 2 });
    await expect(tellIncidentPeople(mailing, { id })).rejects.toMatchObject({ code: 'conflict' });
    const rows = await database.db.select().from(personMails).orderBy(personMails.connectionId);
    expect(rows.map(({ event, state }) => [event, state])).toEqual([
      ['incident', 'pending'],
      ['incident', 'pending'],
    ]);
    const told = (await entries(runtime)).filter(({ action }) => action === 'alert.people_told');
    expect(told.map(({ details }) => details)).toEqual([
      { alert: id, rule: 'refresh_token_theft', people: 2, accounts: 2 },
    ]);
    await database.db.delete(personMails);
  });

  test('without a live connection has nothing to revoke', async () => {
    await clock.evaluate(0);
    await clock.happened(1, { action: 'ledger.verified', outcome: 'failed' });
    await clock.evaluate(2);
    const id = await theAlert();
    await expect(prepareIncidentRevocation(operator, { id })).rejects.toMatchObject({ code: 'not_found' });
    await expect(getIncident(operator, { id: 'alr_none' })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is for readers, and its revocation for administrators', async () => {
    await expect(getIncident(asNobody(runtime), { id: 'x' })).rejects.toMatchObject({ code: 'unauthenticated' });
    const user = (await addPerson(runtime)).ctx();
    const auditor = (await addPerson(runtime, { role: 'auditor' })).ctx();
    await expect(getIncident(auditor, { id: 'x' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(readIncidentPicture(user, { id: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(tellIncidentPeople(auditor, { id: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(prepareIncidentRevocation(auditor, { id: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(getIncident(user, { id: 'x' })).rejects.toMatchObject({ code: 'forbidden' });
  });
});
