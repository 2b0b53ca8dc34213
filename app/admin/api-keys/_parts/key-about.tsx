import { CopyButton } from '#app/_ui/copy-button';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Time, TimeOr } from '#app/_ui/time';
import type { ApiKeyDescription } from '#lib/api-keys/describe-api-key';
import { Limits } from './key-facts.tsx';

interface KeyAboutProps {
  about: ApiKeyDescription;
  administrator: boolean;
}

/** The facts of a key: its purpose, owner, scopes and limits. */
export function KeyAbout({ about: { apiKey, madeBy }, administrator }: KeyAboutProps) {
  return (
    <Facts>
      <Fact label="Purpose">{apiKey.purpose ?? <span className="text-soft">not said</span>}</Fact>
      <Fact label="Owner">{apiKey.owner ?? <span className="text-soft">not said</span>}</Fact>
      <Fact label="Id">
        <span className="flex flex-wrap items-center gap-2">
          <code className="font-mono text-meta wrap-anywhere">{apiKey.id}</code>
          <CopyButton text={apiKey.id} label="Copy the id" />
        </span>
      </Fact>
      <Fact label="Begins with">
        <code className="font-mono text-meta">{apiKey.prefix}…</code>
      </Fact>
      <Fact label="Scopes">
        <code className="font-mono text-meta">{apiKey.scopes.join(' ')}</code>
      </Fact>
      <Fact label="Application">
        {apiKey.applicationId ? (
          <>
            <Link href={`/admin/applications/${apiKey.applicationId}`} className="link">
              {apiKey.applicationName}
            </Link>{' '}
            <span className="text-soft">It sees the connections of its people alone.</span>
          </>
        ) : (
          <span className="text-soft">none: it sees everybody</span>
        )}
      </Fact>
      <Fact label="Limits">
        <Limits apiKey={apiKey} all />
      </Fact>
      <Fact label="Made">
        <Time at={apiKey.createdAt} /> by{' '}
        {madeBy ? (
          <Link href={`/admin/people/${madeBy.id}`} className="link">
            {madeBy.email ?? madeBy.id}
          </Link>
        ) : (
          apiKey.createdBy
        )}
        {apiKey.replaces && (
          <>
            , in the place of{' '}
            <Link href={`/admin/api-keys/${apiKey.replaces}`} className="link">
              an older key
            </Link>
          </>
        )}
      </Fact>
      <Fact label="Expires">
        <TimeOr at={apiKey.expiresAt} otherwise="never" />
      </Fact>
      <Fact label="Last used">
        <TimeOr at={apiKey.lastUsedAt} otherwise="never" />
      </Fact>
      <Fact label="Ledger">
        <span className="flex flex-wrap gap-x-4">
          <Link href={`/admin/ledger?key=${encodeURIComponent(apiKey.id)}`} className="link">
            Everything about this key
          </Link>
          {administrator && (
            <Link href={`/admin/revocations?key=${encodeURIComponent(apiKey.id)}`} className="link">
              Revoke what it read
            </Link>
          )}
        </span>
      </Fact>
    </Facts>
  );
}
