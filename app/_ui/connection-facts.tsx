import { CopiedId } from '#app/_ui/copied-id';
import { Fact, Facts } from '#app/_ui/facts';
import { LifeBar } from '#app/_ui/life-bar';
import { ScopeList } from '#app/_ui/scope-list';
import { Status } from '#app/_ui/status';
import { Time, TimeOr } from '#app/_ui/time';
import type { ConnectionView } from '#lib/connections/views';
import { browserName } from './user-agent.ts';

/** How the grant came about, in the field's terms. */
function authorisedHow({ authorization }: Pick<ConnectionView, 'authorization'>): string[] {
  return [
    authorization.pkce === 'S256' ? 'PKCE S256' : 'Without PKCE',
    'state checked',
    ...(authorization.issChecked ? ['issuer checked'] : []),
    ...(authorization.idTokenChecked ? ['ID token checked'] : []),
  ];
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** Everything there is to know about a connection, but its tokens. */
export function ConnectionFacts({
  connection,
  technical = false,
}: {
  connection: ConnectionView;
  technical?: boolean;
}) {
  const { account, authorization, scopes, missingScopes, token, lastUsedAt, lastUsedBy } = connection;
  return (
    <Facts>
      <Fact label="Status">
        <Status status={connection.status} />
        {technical && connection.statusReason && (
          <code className="ml-2 font-mono text-meta">{connection.statusReason}</code>
        )}
      </Fact>
      <Fact label="Account">{account.label}</Fact>
      {technical && (
        <>
          <Fact label="Issuer">
            <code className="font-mono text-meta wrap-anywhere">{account.issuer}</code>
          </Fact>
          <Fact label="Subject">
            <CopiedId id={account.subject} what="the subject" />
          </Fact>
        </>
      )}
      {connection.choices.map(({ name, chosen }) => (
        <Fact key={name} label={capital(name)}>
          {chosen ? chosen.label : 'Not chosen yet'}
        </Fact>
      ))}
      {connection.missing.length > 0 && (
        <Fact label="Not answered">
          {connection.missing.map((field) => (
            <code key={field} className="mr-2 font-mono text-meta wrap-anywhere">
              {field.replace(/^(extras|account)\./, '')}
            </code>
          ))}
          <span className="block text-meta text-soft">
            {connection.looksAgainAt ? (
              <>
                Asked again <Time at={connection.looksAgainAt} />
              </>
            ) : (
              'Asked again at a reconnect'
            )}
          </span>
        </Fact>
      )}
      {Object.entries(connection.accountParams).map(([name, value]) => (
        <Fact key={name} label={name}>
          {value}
        </Fact>
      ))}
      <Fact label="Granted">
        {scopes ? <ScopeList scopes={scopes} names={technical} /> : 'The provider does not say what it granted.'}
      </Fact>
      {missingScopes.length > 0 && (
        <Fact label="Asked for, not granted">
          <ScopeList scopes={missingScopes} kind="missing" names={technical} />
        </Fact>
      )}
      <Fact label="Connected">
        <Time at={connection.connectedAt} />
      </Fact>
      <Fact label="Last used">
        <TimeOr at={lastUsedAt} otherwise="Not yet" />
        {lastUsedAt && lastUsedBy && ` by ${lastUsedBy.name}`}
      </Fact>
      {token && (technical || connection.status !== 'frozen') && (
        <Fact label={technical ? 'Access token' : 'Access'}>
          <div className="max-w-72">
            <LifeBar token={token} words={technical ? 'short' : 'sentence'} />
          </div>
        </Fact>
      )}
      {technical && (
        <Fact label="Last refreshed">
          <TimeOr at={connection.lastRefreshedAt} otherwise="Not yet" />
          {connection.lastRefreshError && (
            <span className="block">
              The last attempt failed: <code className="font-mono text-meta">{connection.lastRefreshError}</code>
            </span>
          )}
        </Fact>
      )}
      <Fact label="How it was authorised">
        {authorisedHow(connection).join(', ')}
        <span className="block text-meta text-soft">from {browserName(authorization.userAgent)}</span>
      </Fact>
      {technical && (
        <Fact label="Connection">
          <CopiedId id={connection.id} what="the connection’s id" />
        </Fact>
      )}
    </Facts>
  );
}
