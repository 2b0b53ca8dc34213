import { AccountParamFields } from '#app/_ui/account-param-fields';
import { ProviderMark } from '#app/_ui/provider-mark';
import { ScopeList } from '#app/_ui/scope-list';
import type { OfferedProvider } from '#lib/connect-sessions/describe';

interface OfferedProviderProps {
  offered: OfferedProvider;
  token: string;
  reconnects: { label: string } | null;
  typed: Record<string, string> | undefined;
}

/** One provider with what it will be asked for, and the button that leads there. */
export function OfferedProviderCard({ offered, token, reconnects, typed }: OfferedProviderProps) {
  const { provider, scopes, accountParams, paused } = offered;
  return (
    <form method="post" action="/oauth/start" className="card flex flex-col gap-4 p-5">
      <input type="hidden" name="intent" value="connect" />
      <input type="hidden" name="provider" value={provider.id} />
      <input type="hidden" name="connect_session" value={token} />
      <div className="flex items-center gap-3">
        <ProviderMark provider={provider} />
        <div className="min-w-0">
          <h2 className="font-semibold">{provider.name}</h2>
          {reconnects && <p className="text-meta wrap-anywhere text-soft">{reconnects.label}</p>}
        </div>
      </div>
      {scopes.length > 0 && (
        <div>
          <p className="mb-1 text-soft">{provider.name} will ask you to allow this:</p>
          <ScopeList scopes={scopes} kind="asked" />
        </div>
      )}
      {paused ? (
        <p className="text-soft">An administrator froze this for the moment. Try again later.</p>
      ) : (
        <>
          <AccountParamFields provider={provider.id} params={accountParams} {...(typed ? { typed } : {})} />
          <button type="submit" className="btn btn-named btn-primary self-start">
            {reconnects ? 'Reconnect' : 'Connect'} {provider.name}
          </button>
        </>
      )}
    </form>
  );
}
