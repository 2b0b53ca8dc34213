import { ConnectForm } from '#app/_ui/connect-form';
import { Notice } from '#app/_ui/notice';
import type { ProviderCardView } from '#lib/connections/views';
import { cardPath } from '#ui/card-path';
import { type FlowParams, flowResult, isSettled, mayBeTold } from '#ui/flow-result';

/** How the flow that just returned ended, on the card that it began on. */
export function FlowNotice({ flow, card }: { flow: FlowParams; card: ProviderCardView }) {
  const { provider, connections, accountParams } = card;
  const result = flowResult(flow.code, provider.name, flow.providerError);
  if (!result) return null;
  const connection = connections.find(({ id }) => id === flow.connection);
  const about = flow.code === 'disconnected' ? connections : connection ? [connection] : [];
  const statuses = about.map(({ status }) => status);
  if (!mayBeTold(flow.code, statuses) || !about.every((one) => isSettled(one, flow.code))) return null;
  const retry = connection && flow.code !== 'account_mismatch';
  return (
    <Notice
      tone={result.tone}
      title={result.title}
      reference={result.tone === 'bad' ? (flow.reference ?? undefined) : undefined}
      arrival
    >
      {result.text && <p>{result.text}</p>}
      {connection && result.tone === 'good' && <p>{connection.account.label}</p>}
      {result.next === 'try_again' && (accountParams.length === 0 || retry) && (
        <ConnectForm
          intent={retry ? 'reconnect' : 'connect'}
          provider={provider.id}
          {...(retry ? { connectionId: connection.id } : {})}
          returnTo={cardPath(provider.id)}
        >
          <button type="submit" className="btn btn-small btn-plain">
            Try again
          </button>
        </ConnectForm>
      )}
      {result.next === 'connect_another' && (
        <div className="flex flex-wrap gap-2">
          <ConnectForm
            intent="connect"
            provider={provider.id}
            returnTo={cardPath(provider.id)}
            params={connection?.accountParams ?? {}}
          >
            <button type="submit" className="btn btn-small btn-plain">
              Connect as another account
            </button>
          </ConnectForm>
          {connection && (
            <ConnectForm
              intent="reconnect"
              provider={provider.id}
              connectionId={connection.id}
              returnTo={cardPath(provider.id)}
            >
              <button type="submit" className="btn btn-small btn-plain">
                Try again
              </button>
            </ConnectForm>
          )}
        </div>
      )}
    </Notice>
  );
}
