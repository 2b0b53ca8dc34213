import { AccountParamFields } from '#app/_ui/account-param-fields';
import { ConnectForm } from '#app/_ui/connect-form';
import { Plus, Snowflake } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { ProviderMark } from '#app/_ui/provider-mark';
import { ScopeList } from '#app/_ui/scope-list';
import type { ProviderCardView } from '#lib/connections/views';
import { cardPath } from '#ui/card-path';
import type { FlowParams } from '#ui/flow-result';
import { liveFirst } from '#ui/live-first';
import { numberText } from '#ui/number-text';
import { ConnectionRow } from './connection-row.tsx';
import { FlowNotice } from './flow-notice.tsx';

interface ProviderCardProps {
  card: ProviderCardView;
  flow: FlowParams | null;
  /** The page with all accounts there; null on that page itself. */
  all: string | null;
}

/** A provider with the person's accounts there, or with what connecting will ask. */
export function ProviderCard({ card, flow, all }: ProviderCardProps) {
  const { provider, live } = card;
  const connections = liveFirst(card.connections);
  const headingId = `heading-${provider.id}`;
  return (
    <section
      id={`provider-${provider.id}`}
      tabIndex={-1}
      aria-labelledby={headingId}
      className="card flex scroll-mt-4 flex-col p-4 outline-none target:border-accent sm:p-5"
    >
      <div className="flex items-center gap-3 pb-4">
        <ProviderMark provider={provider} />
        <div className="min-w-0">
          <h2 id={headingId} className="text-section font-semibold wrap-anywhere">
            {provider.name}
          </h2>
          <p className="text-meta text-soft">{accountCount(live)}</p>
        </div>
      </div>
      {flow && (
        <div className="pb-4">
          <FlowNotice flow={flow} card={card} />
        </div>
      )}
      {connections.length > 0 && (
        <ul className="flex flex-1 flex-col">
          {connections.map((connection) => (
            <ConnectionRow
              key={connection.id}
              connection={connection}
              returnTo={cardPath(provider.id)}
              folded={card.listed > 1}
              configured={card.configured}
            />
          ))}
        </ul>
      )}
      {all && connections.length < card.listed && (
        <p className="border-t border-line py-3">
          <Link href={all} className="link">
            Show all accounts
          </Link>
        </p>
      )}
      {!card.configured ? (
        <p className="border-t border-line pt-3 text-soft">
          This provider is no longer set up here. What is connected can only be disconnected.
        </p>
      ) : live === 0 ? (
        <div className={`flex flex-col gap-4 ${card.listed > 0 ? 'border-t border-line pt-4' : 'flex-1'}`}>
          {card.scopes.length > 0 && (
            <div>
              <p className="mb-1 text-meta text-soft">{provider.name} will ask you to let this hub</p>
              <ScopeList scopes={card.scopes} kind="asked" />
            </div>
          )}
          {card.paused ? <Paused name={provider.name} /> : <Connect card={card} primary typed={flow?.typed} />}
        </div>
      ) : (
        <div className="-mb-1 border-t border-line pt-3">
          {card.paused ? <Paused name={provider.name} /> : <Connect card={card} primary={false} typed={flow?.typed} />}
        </div>
      )}
    </section>
  );
}

/** Instead of a button that would be refused. */
function Paused({ name }: { name: string }) {
  return (
    <p className="flex gap-2">
      <Snowflake aria-hidden="true" className="mt-0.5 size-5 flex-none text-frozen" />
      An administrator has paused {name}. Nothing can be connected meanwhile.
    </p>
  );
}

function Connect({
  card,
  primary,
  typed = {},
}: {
  card: ProviderCardView;
  primary: boolean;
  typed?: FlowParams['typed'] | undefined;
}) {
  const { provider, accountParams } = card;
  const asks = accountParams.length > 0;
  const form = (
    <ConnectForm
      intent="connect"
      provider={provider.id}
      returnTo={cardPath(provider.id)}
      className="flex flex-col gap-3"
    >
      <AccountParamFields provider={provider.id} params={accountParams} typed={typed} />
      <button
        type="submit"
        className={primary ? 'btn btn-named btn-primary w-full' : 'btn btn-named btn-small btn-plain self-start'}
      >
        {!primary && <Plus aria-hidden="true" className="size-4" />}
        Connect {provider.name}
      </button>
    </ConnectForm>
  );
  if (primary) return form;
  if (asks) {
    return (
      <details open={Object.keys(typed).length > 0}>
        <summary className="w-fit rounded text-meta font-medium text-accent hover:underline">Another account?</summary>
        <div className="mt-3">{form}</div>
      </details>
    );
  }
  return (
    <div className="flex flex-wrap items-center justify-between gap-2">
      <span className="text-meta text-soft">Another account?</span>
      {form}
    </div>
  );
}

function accountCount(count: number): string {
  if (count === 0) return 'Not connected';
  return count === 1 ? 'One account' : `${numberText(count)} accounts`;
}
