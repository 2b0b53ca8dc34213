import type { ConnectionView } from '#lib/connections/views';

/** The provider's own page for ending access, where the provider has not confirmed that it did. */
export function ManualPage({
  connection: { provider, revocation },
}: {
  connection: Pick<ConnectionView, 'provider' | 'revocation'>;
}) {
  if (!revocation?.manualUrl || revocation.state === 'revoked_upstream') return null;
  return (
    <a href={revocation.manualUrl} rel="noreferrer" className="link">
      Open {provider.name}’s page
    </a>
  );
}
