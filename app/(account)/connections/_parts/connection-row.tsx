import { ConnectForm } from '#app/_ui/connect-form';
import { LifeBar } from '#app/_ui/life-bar';
import { Link } from '#app/_ui/link';
import { ManualPage } from '#app/_ui/manual-page';
import { ScopeList } from '#app/_ui/scope-list';
import { Status } from '#app/_ui/status';
import { Time } from '#app/_ui/time';
import { unchosen } from '#lib/connections/needs-person';
import type { ConnectionView, ScopeView } from '#lib/connections/views';
import { article, explainStatus } from '#ui/status-words';
import { ConnectionMenu } from './connection-menu.tsx';

const shownAtOnce = 3;

interface ConnectionRowProps {
  connection: ConnectionView;
  returnTo: string;
  /** Permissions behind a line that opens, as where a card holds several accounts. */
  folded: boolean;
  /** False where the provider is no longer set up: then it can only be disconnected. */
  configured: boolean;
}

/** One account on its provider's card. */
export function ConnectionRow({ connection, returnTo, folded, configured }: ConnectionRowProps) {
  const { id, provider, account, status, scopes, missingScopes, token } = connection;
  const broken = status === 'needs_reconnect';
  const incomplete = !broken && status !== 'revoked' && missingScopes.length > 0;
  const explanation = explainStatus(connection);
  return (
    <li className="flex flex-col gap-3 border-t border-line py-4">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <p id={`label-${id}`} className="font-medium wrap-anywhere">
            {account.label}
          </p>
          <div className="mt-1">
            <Status status={status} />
          </div>
        </div>
        <ConnectionMenu connection={connection} returnTo={returnTo} reconnect={configured && !broken} />
      </div>
      {explanation && (
        <p>
          {explanation} <ManualPage connection={connection} />
        </p>
      )}
      {status !== 'revoked' && (unchosen(connection) !== null || connection.named === false) && (
        <Link href={`/connections/${id}`} className="btn btn-primary self-start" aria-describedby={`label-${id}`}>
          {connection.named === false ? 'Name it' : `Choose ${article(unchosen(connection) ?? '')}`}
        </Link>
      )}
      {incomplete && <ScopeList scopes={missingScopes} kind="missing" />}
      {configured && (broken || incomplete) && (
        <ConnectForm intent="reconnect" provider={provider.id} connectionId={id} returnTo={returnTo}>
          <button type="submit" className="btn btn-primary" aria-describedby={`label-${id}`}>
            {broken ? 'Reconnect' : 'Grant the rest'}
          </button>
        </ConnectForm>
      )}
      {status !== 'revoked' && (
        <>
          <Granted scopes={scopes} provider={provider.name} folded={folded} />
          {!broken && status !== 'frozen' && <LifeBar token={token} />}
          <LastUsed connection={connection} />
        </>
      )}
    </li>
  );
}

function Granted({ scopes, provider, folded }: { scopes: ScopeView[] | null; provider: string; folded: boolean }) {
  if (!scopes) return <p className="text-soft">{provider} does not say what it granted.</p>;
  if (scopes.length === 0) return null;
  if (folded) {
    return <More summary={scopes.length === 1 ? 'One permission' : `${scopes.length} permissions`} scopes={scopes} />;
  }
  // One more than fits is shown too: “and 1 more” would take its place.
  const shown = scopes.length <= shownAtOnce + 1 ? scopes.length : shownAtOnce;
  const more = scopes.slice(shown);
  return (
    <div className="flex flex-col gap-1">
      <ScopeList scopes={scopes.slice(0, shown)} />
      {more.length > 0 && <More summary={`And ${more.length} more`} scopes={more} />}
    </div>
  );
}

function More({ summary, scopes }: { summary: string; scopes: ScopeView[] }) {
  return (
    <details>
      <summary className="w-fit rounded text-meta font-medium text-accent hover:underline">{summary}</summary>
      <div className="mt-1">
        <ScopeList scopes={scopes} />
      </div>
    </details>
  );
}

/** When the token was last read, and by which service. */
function LastUsed({ connection }: { connection: Pick<ConnectionView, 'lastUsedAt' | 'lastUsedBy'> }) {
  const { lastUsedAt, lastUsedBy } = connection;
  if (!lastUsedAt) return <p className="text-meta text-soft">Not used yet</p>;
  return (
    <p className="text-meta text-soft">
      Used <Time at={lastUsedAt} />
      {lastUsedBy && (
        <>
          {' '}
          by <span className="font-medium text-ink">{lastUsedBy.name}</span>
        </>
      )}
    </p>
  );
}
