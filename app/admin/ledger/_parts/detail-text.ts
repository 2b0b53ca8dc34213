import type { LedgerEntryView } from '#lib/audit/list-ledger';

/** Everything an entry holds, by name, as text on one line each. */
export function detailText(entry: LedgerEntryView): [name: string, value: string][] {
  const { at, id, action, actor, person, apiKey, connectionId, provider, ip, requestId, details } = entry;
  const own: [string, string | null][] = [
    ['at', at.toISOString()],
    ['id', String(id)],
    ['action', action],
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
  return [...own, ...more].flatMap(([name, value]) => (value === null || value === '' ? [] : [[name, value]]));
}
