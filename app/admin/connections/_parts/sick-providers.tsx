import { Notice } from '#app/_ui/notice';
import { Time } from '#app/_ui/time';
import type { SickProviderView } from '#lib/connections/provider-health';

/** A quiet notice for each provider that is not answering; nothing while all do. */
export function SickProviders({ providers }: { providers: readonly SickProviderView[] }) {
  if (providers.length === 0) return null;
  return (
    <ul className="mb-4 flex flex-col gap-2">
      {providers.map(({ provider, since, askedAgainAt }) => (
        <li key={provider.id}>
          <Notice tone="warn" title={`${provider.name} is not answering`}>
            <p className="text-meta">
              Noticed by this process <Time at={since} />. Tokens that still live are given out; others wait until{' '}
              {provider.name} is asked again (<Time at={askedAgainAt} />
              ).
            </p>
          </Notice>
        </li>
      ))}
    </ul>
  );
}
