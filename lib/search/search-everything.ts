import { eq } from 'drizzle-orm';
import { findApiKeys } from '#lib/api-keys/find';
import type { ApiKeyView } from '#lib/api-keys/views';
import { listApplications } from '#lib/applications/list';
import type { ApplicationView } from '#lib/applications/views';
import { listLedger } from '#lib/audit/list-ledger';
import { listConnections } from '#lib/connections/list';
import type { AdminConnectionView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { alerts } from '#lib/db/schema/alerts';
import { bulkRevocations } from '#lib/db/schema/bulk-revocations';
import { requireReader } from '#lib/guards/require';
import { listPeople } from '#lib/people/list';
import type { PersonView } from '#lib/people/views';
import { type IdKind, type Query, readQuery } from '#lib/search/read-query';
import { isSearchable } from '#lib/search-text';

/** Hits of one kind that the page of results shows; the lists have the others. */
const mostShown = 8;

/** The one thing that was meant. */
export interface Lead {
  kind: IdKind | 'provider' | 'request' | 'address' | 'fingerprint';
  id: string;
}

/** The words that were looked for, and within which provider. */
export interface SearchedWords {
  text: string;
  provider: { id: string; name: string } | null;
}

export interface SearchResult {
  query: Query;
  lead: Lead | null;
  words: SearchedWords | null;
  people: PersonView[];
  connections: AdminConnectionView[];
  apiKeys: ApiKeyView[];
  applications: ApplicationView[];
  providers: { id: string; name: string }[];
  /** There are more than are shown. */
  more: { people: boolean; connections: boolean };
}

const nothing = (query: Query): SearchResult => ({
  query,
  lead: null,
  words: null,
  people: [],
  connections: [],
  apiKeys: [],
  applications: [],
  providers: [],
  more: { people: false, connections: false },
});

/** Whether there is something with this id. A connection's id is looked up by the list of connections. */
async function exists(ctx: Context, of: IdKind, id: string): Promise<boolean> {
  const { db } = ctx.database;
  switch (of) {
    case 'connection':
      return (await listConnections(ctx, { query: id, limit: 1 })).items.length > 0;
    case 'person':
      return (await listPeople(ctx, { query: id, limit: 1 })).items.length > 0;
    case 'api_key':
      return (await findApiKeys(ctx, id, 1)).length > 0;
    case 'application':
      return (await listApplications(ctx, { query: id, limit: 1 })).items.length > 0;
    case 'alert':
      return (await db.select({ id: alerts.id }).from(alerts).where(eq(alerts.id, id))).length > 0;
    case 'bulk_revocation':
      return (
        (await db.select({ id: bulkRevocations.id }).from(bulkRevocations).where(eq(bulkRevocations.id, id))).length > 0
      );
  }
}

/** «ada@example.com github» means the connections of Ada there. */
function splitWords(ctx: Context, text: string): SearchedWords {
  const parts = text.split(/\s+/);
  for (const provider of ctx.providers.list()) {
    const named = [provider.id.toLowerCase(), provider.name.toLowerCase()];
    const rest = parts.filter((part) => !named.includes(part.toLowerCase()));
    const words = rest.join(' ');
    if (rest.length < parts.length && isSearchable(words))
      return { text: words, provider: { id: provider.id, name: provider.name } };
  }
  return { text, provider: null };
}

/** The one thing that is called exactly so; a person, where several are and all of them are theirs. */
function leadOf(text: string, found: Omit<SearchResult, 'lead' | 'query'>): Lead | null {
  const same = (...names: (string | null)[]) => names.some((name) => name?.toLowerCase() === text.toLowerCase());
  const persons = found.people.filter(({ name, email, application }) => same(name, email, application?.user ?? null));
  // Within a provider the words may name the person.
  const connections = found.connections.filter(
    ({ account, person }) =>
      same(account.label, account.subject) || (found.words?.provider && same(person.name, person.email)),
  );
  const others: Lead[] = [
    ...found.apiKeys
      .filter(({ name, prefix }) => same(name, prefix))
      .map(({ id }) => ({ kind: 'api_key', id }) as const),
    ...found.applications.filter(({ name }) => same(name)).map(({ id }) => ({ kind: 'application', id }) as const),
    ...found.providers.filter(({ id, name }) => same(id, name)).map(({ id }) => ({ kind: 'provider', id }) as const),
  ];
  const [person, another] = persons;
  if (person && !another && others.length === 0 && connections.every(({ personId }) => personId === person.id))
    return { kind: 'person', id: person.id };
  const all: Lead[] = [
    ...persons.map(({ id }) => ({ kind: 'person', id }) as const),
    ...connections.map(({ id }) => ({ kind: 'connection', id }) as const),
    ...others,
  ];
  return all.length === 1 && !found.more.people && !found.more.connections ? (all[0] ?? null) : null;
}

async function searchWords(ctx: Context, query: Query, given: string): Promise<SearchResult> {
  const words = splitWords(ctx, given);
  const { text, provider } = words;
  const [persons, connections, apiKeys, applications] = await Promise.all([
    provider ? null : listPeople(ctx, { query: text, limit: mostShown }),
    listConnections(ctx, { query: text, ...(provider ? { provider: provider.id } : {}), limit: mostShown }),
    provider ? [] : findApiKeys(ctx, text, mostShown),
    provider ? null : listApplications(ctx, { query: text, limit: mostShown }),
  ]);
  const providers = ctx.providers
    .list()
    .filter(({ id, name }) => !provider && [id, name].some((one) => one.toLowerCase().includes(text.toLowerCase())))
    .map(({ id, name }) => ({ id, name }));
  const found = {
    words,
    people: persons?.items ?? [],
    connections: connections.items,
    apiKeys,
    applications: applications?.items ?? [],
    providers,
    more: { people: (persons?.nextCursor ?? null) !== null, connections: connections.nextCursor !== null },
  };
  return { query, lead: leadOf(text, found), ...found };
}

/**
 * Whatever the product ever showed, by what somebody typed or pasted: a person, an account at a provider, an API key, an
 * id, a request's reference, a network address or a token's fingerprint. Every part is found by an index: see
 * docs/decisions/0054. For administrators and auditors.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function searchEverything(ctx: Context, input: { query: string }): Promise<SearchResult> {
  requireReader(ctx);
  const query = readQuery(input.query);
  const led = (kind: Lead['kind'], id: string, there = true): SearchResult => ({
    ...nothing(query),
    lead: there ? { kind, id } : null,
  });
  switch (query.kind) {
    case 'nothing':
    case 'too_short':
    case 'secret':
      return nothing(query);
    case 'request':
      return led('request', query.reference);
    case 'id':
      return led(query.of, query.id, await exists(ctx, query.of, query.id));
    case 'address':
      return led('address', query.ip, (await listLedger(ctx, { ip: query.ip, limit: 1 })).items.length > 0);
    case 'fingerprint': {
      const { items } = await listLedger(ctx, { fingerprint: query.fingerprint, limit: 1 });
      // An account's id may have the same form.
      return items.length > 0 ? led('fingerprint', query.fingerprint) : searchWords(ctx, query, input.query.trim());
    }
    case 'words':
      return searchWords(ctx, query, query.text);
  }
}
