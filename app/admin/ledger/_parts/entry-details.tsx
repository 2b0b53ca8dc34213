import { Link } from '#app/_ui/link';
import type { LedgerEntryView, Named } from '#lib/audit/list-ledger';
import { detailText } from './detail-text.ts';

interface EntryDetailsProps {
  entry: LedgerEntryView;
  /** The address of the same list with one filter more. */
  within: (filter: Record<string, string>) => string;
  /** What a provider is called. */
  nameProvider: (id: string) => string;
}

/** The pages of what an entry is about: a person or a key without a name is gone. */
function pagesOf(entry: LedgerEntryView, nameProvider: (id: string) => string): [path: string, words: string][] {
  const { actor, person, apiKey, connectionId, provider } = entry;
  const people = [person, actor.type === 'person' ? actor : null];
  const keys = [apiKey, actor.type === 'api_key' ? actor : null];
  const pages = (all: (Named | null)[], path: string) =>
    all.flatMap((one): [string, string][] => (one?.name ? [[`${path}/${one.id}`, one.name]] : []));
  return [
    ...new Map([
      ...pages(people, '/admin/people'),
      ...pages(keys, '/admin/api-keys'),
      ...(connectionId ? [[`/admin/connections/${connectionId}`, 'The connection'] as const] : []),
      ...(provider ? [[`/admin/providers/${encodeURIComponent(provider)}`, nameProvider(provider)] as const] : []),
      ...(entry.requestId ? [[`/admin/requests/${encodeURIComponent(entry.requestId)}`, 'The request'] as const] : []),
    ]),
  ];
}

/** Everything an entry holds: the pages of what it is about, and each part as a filter of the list. */
export function EntryDetails({ entry, within, nameProvider }: EntryDetailsProps) {
  const pages = pagesOf(entry, nameProvider);
  return (
    <>
      {pages.length > 0 && (
        <p className="mb-2 flex flex-wrap gap-x-4 gap-y-1">
          {pages.map(([path, words]) => (
            <Link key={path} href={path} className="link font-medium wrap-anywhere">
              {words}
            </Link>
          ))}
        </p>
      )}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 wrap-anywhere">
        {detailText(entry).map(({ name, value, filter }) => (
          <div key={name} className="contents">
            <dt className="text-soft">{name}</dt>
            <dd className="min-w-0 font-mono">
              {filter ? (
                <Link href={within({ [filter]: value })} className="link">
                  {value}
                </Link>
              ) : (
                value
              )}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
