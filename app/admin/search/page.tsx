import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { EmptyState } from '#app/_ui/empty-state';
import { Search, SearchX } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { type SearchResult, searchEverything } from '#lib/search/search-everything';
import { adminPage } from '#lib/web/page';
import type { SearchParams } from '#ui/flow-result';
import { GlobalSearch } from '../_parts/global-search.tsx';
import { StandingFreezes } from '../_parts/standing-freezes.tsx';
import { Hits } from './_parts/hits.tsx';
import { leadAddress } from './_parts/lead-address.ts';

export const metadata: Metadata = { title: 'Search' };

const path = '/admin/search';

/** The text of an address; of two the last. Longer than the field allows counts as nothing. */
function textOf(value: string | string[] | undefined): string {
  const text = (Array.isArray(value) ? value.at(-1) : value) ?? '';
  return text.length <= 400 ? text : '';
}

export default async function SearchPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const search = await searchParams;
  const result = await searchEverything(ctx, { query: textOf(search.q) });
  const { query, lead } = result;
  if (lead) redirect(leadAddress(lead));
  // A secret leaves the address at once: it would stay in the history, and in the log of a proxy.
  if (query.kind === 'secret') redirect(`${path}?secret=${query.prefix ? 'key' : 'token'}&q=${query.prefix ?? ''}`);
  const text = textOf(search.q).trim();
  const found = result.people.length + result.connections.length + result.apiKeys.length + result.providers.length;
  return (
    <>
      <StandingFreezes />
      <PageHeading title="Search">
        A person, an account, an API key, a provider, an id, the reference of a request, a network address or a token’s
        fingerprint.
      </PageHeading>
      <div className="mb-6 max-w-2xl">
        <GlobalSearch label="Search for" value={text} autoFocus={text === ''} />
      </div>
      {(search.secret === 'key' || search.secret === 'token') && <SecretNotice key="secret" what={search.secret} />}
      {found > 0 ? <Hits result={result} text={text} /> : <Nothing result={result} text={text} />}
    </>
  );
}

/** Somebody pasted what must not stand in an address. */
function SecretNotice({ what }: { what: 'key' | 'token' }) {
  return (
    <div className="mb-6">
      <Notice tone="warn" title={what === 'key' ? 'That was a whole API key' : 'That may have been a token'}>
        <p>
          {what === 'key'
            ? 'The hub searched for its prefix alone. The key itself stood in an address: replace it if others can read your browser’s history or the log of a proxy.'
            : 'The hub did not search for it. It stood in an address: revoke it if others can read your browser’s history or the log of a proxy. Search for its fingerprint instead: the SHA-256 of the token, in base64 or hexadecimal.'}
        </p>
      </Notice>
    </div>
  );
}

const ledgerFilters: Partial<Record<string, string>> = { person: 'person', connection: 'connection', api_key: 'key' };

function Nothing({ result: { query, words }, text }: { result: SearchResult; text: string }) {
  switch (query.kind) {
    case 'nothing':
      return (
        <EmptyState icon={Search} title="Search from every page">
          Press <kbd className="font-mono">/</kbd> or <kbd className="font-mono">Ctrl K</kbd>. An exact hit opens its
          own page. Add a provider’s name to find a person’s account there: <q>ada@example.com github</q>.
        </EmptyState>
      );
    case 'too_short':
      return (
        <EmptyState icon={SearchX} title="Too short to search for">
          Search begins at three letters or digits.
        </EmptyState>
      );
    case 'id': {
      const filter = ledgerFilters[query.of];
      return (
        <EmptyState icon={SearchX} title="Nothing has this id now">
          {filter ? (
            <>
              It may have been deleted.{' '}
              <Link href={`/admin/ledger?${filter}=${encodeURIComponent(query.id)}`} className="link">
                See its entries in the ledger
              </Link>
              .
            </>
          ) : (
            'It may have been deleted, or it was mistyped.'
          )}
        </EmptyState>
      );
    }
    case 'address':
      return (
        <EmptyState icon={SearchX} title="No entry is from this address">
          The ledger has nothing from {query.ip}. Refusals of requests without a sign-in are counted by network, such as
          203.0.113.0/24.
        </EmptyState>
      );
    default:
      return (
        <EmptyState icon={SearchX} title="Nothing found">
          No person, account, API key or provider is called{' '}
          <span className="wrap-anywhere">
            {words?.text ?? text}
            {words?.provider && ` at ${words.provider.name}`}
          </span>
          .
        </EmptyState>
      );
  }
}
