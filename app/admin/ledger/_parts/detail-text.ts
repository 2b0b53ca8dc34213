import type { LedgerEntryView } from '#lib/audit/list-ledger';

/** One part of an entry: its name, its text, and the list's filter that finds everything else with the same. */
export interface Detail {
  name: string;
  value: string;
  filter: string | null;
}

/** Parts of an entry that the list can be narrowed to, by the filter's name in an address. */
const filters: Record<string, string> = {
  action: 'action',
  person: 'person',
  api_key: 'key',
  connection: 'connection',
  provider: 'provider',
  from: 'ip',
  request: 'request',
  fingerprint: 'fingerprint',
};

/** Everything an entry holds, by name, as text on one line each. */
export function detailText(entry: LedgerEntryView): Detail[] {
  const { at, id, action, code, actor, person, apiKey, connectionId, provider, ip, requestId, details } = entry;
  const own: [string, string | null][] = [
    ['at', at.toISOString()],
    ['id', String(id)],
    ['action', action],
    ['code', code],
    ['actor', actor.id === '' ? actor.type : `${actor.type} ${actor.id}`],
    ['person', person?.id ?? null],
    ['api_key', apiKey?.id ?? null],
    ['connection', connectionId],
    ['provider', provider],
    ['from', ip],
    ['request', requestId],
  ];
  const more = Object.entries(details).map(([name, value]): [string, string | null] => [
    name,
    Array.isArray(value) ? value.join(' ') : value === null ? null : String(value),
  ]);
  return [...own, ...more].flatMap(([name, value]) =>
    value === null || value === '' ? [] : [{ name, value, filter: filters[name] ?? null }],
  );
}
