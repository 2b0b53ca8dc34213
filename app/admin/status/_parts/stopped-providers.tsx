import { Notice } from '#app/_ui/notice';
import { Time } from '#app/_ui/time';
import type { ProviderStopView } from '#lib/provider-calls/provider-stop';
import { ResumeButton } from './resume-button.tsx';

interface StoppedProvidersProps {
  stops: readonly ProviderStopView[];
  /** For an administrator: until when the last sign-in counts. Null for all others. */
  signInUntil: number | null;
}

/** A notice for each provider with stopped refreshes, and the way to end the stop; nothing while there is none. */
export function StoppedProviders({ stops, signInUntil }: StoppedProvidersProps) {
  if (stops.length === 0) return null;
  return (
    <ul className="mb-4 flex flex-col gap-2">
      {stops.map(({ provider, issuer, stoppedAt, people, nextProbeAt }) => (
        <li key={`${provider.id} ${issuer}`}>
          <Notice tone="bad" title={`Refreshes at ${provider.name} are stopped`}>
            <p className="text-meta wrap-anywhere">
              The hub stopped them <Time at={stoppedAt} />, after {provider.name} refused the grants of {people} people
              within minutes (issuer {issuer}). No connection has ended yet, and tokens that still live are handed out.
              The hub tries one refresh <Time at={nextProbeAt} /> at the earliest. If it succeeds, all refreshes go on.
            </p>
            {signInUntil !== null && (
              <div>
                <ResumeButton provider={provider} signInUntil={signInUntil} />
              </div>
            )}
          </Notice>
        </li>
      ))}
    </ul>
  );
}
