import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { Time } from '#app/_ui/time';
import type { SickProviderView } from '#lib/status/provider-health';

interface SickProvidersProps {
  providers: readonly SickProviderView[];
  /** Leads on to the status page, from others. */
  statusPage?: boolean;
}

/** A quiet notice for each provider that is not answering, with what it means for people; nothing while all do. */
export function SickProviders({ providers, statusPage = false }: SickProvidersProps) {
  if (providers.length === 0) return null;
  return (
    <ul className="mb-4 flex flex-col gap-2">
      {providers.map((sick) => (
        <li key={sick.provider.id}>
          <Notice tone="warn" title={titleOf(sick)}>
            <p className="text-meta">
              Noticed <Time at={sick.since} />
              {sick.processes > 1 && `, by ${sick.pausedIn} of ${sick.processes} processes`}. <Pause sick={sick} />{' '}
              {sick.othersAnswer && 'Its other hosts answer. '}
              Services still get tokens that live. For a new token they are told to try again later.{' '}
              {statusPage && (
                <Link href="/admin/status" className="link">
                  Status
                </Link>
              )}
            </p>
          </Notice>
        </li>
      ))}
    </ul>
  );
}

/** For a provider with a host for each tenant: the tenants with a host that does not answer. */
function titleOf({ provider, sickHosts }: SickProviderView): string {
  if (sickHosts.length === 0) return `${provider.name} is not answering`;
  const named = sickHosts.slice(0, 3).join(', ');
  const more = sickHosts.length > 3 ? ` and ${sickHosts.length - 3} more` : '';
  return `${provider.name} is not answering at ${named}${more}`;
}

function Pause({ sick: { provider, circuit, askedAgainAt } }: { sick: SickProviderView }) {
  if (circuit === 'half_open') return `One call to ${provider.name} tries it just now.`;
  if (askedAgainAt <= new Date()) return `The next call that needs ${provider.name} tries it.`;
  return (
    <>
      Calls to {provider.name} are paused; it is tried again <Time at={askedAgainAt} />.
    </>
  );
}
