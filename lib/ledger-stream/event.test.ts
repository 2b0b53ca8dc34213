import { describe, expect, test } from 'vitest';
import { type LedgerAction, ledgerActions } from '#lib/ledger/actions';
import type { BatchRow } from '#lib/ledger/row-encoding';
import { classes } from '#lib/ledger-stream/classes';
import { toEvent } from '#lib/ledger-stream/event';
import { readReturned } from '#lib/ledger-stream/returned-event';

const origin = 'hub.example/ledger';
const actions = Object.keys(ledgerActions) as LedgerAction[];

const row = (changes: Partial<BatchRow> = {}): BatchRow => ({
  ...{ at: 1_764_000_000_123, id: 7, xid: 41, action: 'token.vended', outcome: 'ok', code: null },
  ...{ actorType: 'api_key', actorId: 'key_1', personId: 'per_1', connectionId: 'con_1', provider: 'acme' },
  ...{ apiKeyId: 'key_1', ip: '203.0.113.7', requestId: 'req_1', count: 1, details: { scopes: ['b', 'a'] } },
  ...changes,
});
const bare = {
  actorId: null,
  personId: null,
  connectionId: null,
  provider: null,
  apiKeyId: null,
  ip: null,
  requestId: null,
};
/** Actors of each kind, with every column and with none that may be null. */
const rows = (['anonymous', 'person', 'api_key', 'system'] as const).flatMap((actorType) =>
  (['ok', 'refused', 'failed'] as const).flatMap((outcome) => [
    row({ actorType, outcome }),
    row({ ...bare, actorType, outcome }),
  ]),
);

type Event = Record<string, Record<string, unknown> | undefined>;
const oneOf = (object: Record<string, unknown> | undefined, names: string[]) =>
  names.some((name) => object?.[name] !== undefined);

/** What OCSF 1.8.0 asks of every event and of these classes: required members, constraints, numbers that fit. */
function faultsOf(event: Event): string[] {
  const required: Record<number, string[]> = {
    3002: ['user'],
    3004: ['entity'],
    6003: ['actor', 'api', 'src_endpoint'],
  };
  const base = ['time', 'category_uid', 'class_uid', 'activity_id', 'type_uid', 'severity_id', 'metadata'];
  const uid = Number(event.class_uid);
  const faults = [...base, ...(required[uid] ?? ['a known class'])].filter((name) => event[name] === undefined);
  const found = Object.values(classes).find((one) => one.uid === uid);
  const activities = Object.values(found?.activities ?? {}) as number[];
  if (!activities.includes(Number(event.activity_id))) faults.push('activity_id');
  if (Number(event.type_uid) !== uid * 100 + Number(event.activity_id)) faults.push('type_uid');
  if (Math.floor(uid / 1000) !== Number(event.category_uid)) faults.push('category_uid');
  if (!oneOf(event.metadata?.product as Record<string, unknown>, ['name', 'uid'])) faults.push('metadata.product');
  if (!/^\d+\.\d+\.\d+$/.test(String(event.metadata?.version))) faults.push('metadata.version');
  if (!oneOf(event.actor, ['user', 'app_name', 'app_uid', 'session'])) faults.push('actor');
  const actor = event.actor?.user as Record<string, unknown> | undefined;
  if (actor && !oneOf(actor, ['uid', 'name', 'account'])) faults.push('actor.user');
  if (!oneOf(event.src_endpoint, ['ip', 'uid', 'name', 'svc_name'])) faults.push('src_endpoint');
  if (uid === 3002 && !(oneOf(event.user, ['uid', 'name']) && event.service)) faults.push('user and service');
  if (uid === 3004 && !oneOf(event.entity, ['uid', 'name', 'user'])) faults.push('entity');
  if (uid === 6003 && event.api?.operation === undefined) faults.push('api.operation');
  return faults;
}

describe('an entry as an event', () => {
  test.each(actions)('%s has what its class of OCSF asks for, from every kind of actor', (action) => {
    for (const one of rows) {
      const event = toEvent({ ...one, action }, origin) as Event;
      expect(faultsOf(event)).toEqual([]);
      expect(event.message).toBe(ledgerActions[action]);
    }
  });

  test('of an action that this build does not know says what it is', () => {
    const event = toEvent(row({ action: 'moon.landed' }), origin) as Event;
    expect(faultsOf(event)).toEqual([]);
    expect(event).toMatchObject({ class_uid: 6003, activity_id: 99, activity_name: 'moon.landed' });
  });

  test('has the row that its seal covers, and is the same each time', () => {
    const event = toEvent(row(), origin);
    expect(event).toEqual(toEvent(row(), origin));
    expect(event).toMatchObject({
      ...{ time: 1_764_000_000_123, type_uid: 600302, status: 'Success' },
      actor: { user: { uid: 'key_1', type: 'API key' } },
      api: { operation: 'token.vended', request: { uid: 'req_1' } },
      resources: [
        { type: 'connection', uid: 'con_1', owner: { uid: 'per_1' } },
        { type: 'provider', uid: 'acme' },
      ],
      metadata: { version: '1.8.0', uid: '41-7', event_code: 'token.vended', log_provider: origin },
      unmapped: { grantkeep: { mapping: 1, row: { at: 1_764_000_000_123, xid: 41, actor_type: 'api_key' } } },
    });
  });
});

describe('an event that came back', () => {
  const line = (change: (event: Event) => void = () => undefined) => {
    const event = JSON.parse(JSON.stringify(toEvent(row(), origin))) as Event;
    change(event);
    return JSON.stringify(event);
  };

  test('is read as its row, also with members that a SIEM added', () => {
    const added = line((event) => {
      event.observables = {};
      Object.assign(event.metadata ?? {}, { processed_time: 1 });
    });
    for (const one of [line(), added])
      expect(readReturned(one, origin)).toMatchObject({ row: row(), isAltered: false });
  });

  test.each<[string, (event: Event) => void]>([
    ['its actor', (event) => Object.assign(event.actor ?? {}, { user: { uid: 'key_2', type_id: 4 } })],
    ['its status', (event) => Object.assign(event, { status_id: 2 })],
    ['its time', (event) => Object.assign(event, { time: 1 })],
    ['a resource', (event) => Object.assign(event, { resources: [] })],
  ])('is altered where %s is not that of its row', (_, change) => {
    expect(readReturned(line(change), origin)?.isAltered).toBe(true);
  });

  test.each([
    ['of another ledger', line().replace(origin, 'other.example/ledger')],
    ['of another product', '{"metadata":{"log_provider":"hub.example/ledger"},"time":1}'],
    ['that was cut off', line().slice(0, -5)],
    ['without its row', line((event) => Object.assign(event, { unmapped: {} }))],
    ['that is no object', '7'],
  ])('%s is none', (_, text) => {
    expect(readReturned(text, origin)).toBeNull();
  });

  test('of a moment that is none keeps the hash of its row', () => {
    const event = JSON.stringify(toEvent(row({ at: Number.POSITIVE_INFINITY }), origin));
    expect(readReturned(event, origin)).toMatchObject({ isAltered: false, row: { at: Number.POSITIVE_INFINITY } });
  });
});
