import { Fact, Facts } from '#app/_ui/facts';
import { Time, TimeOr } from '#app/_ui/time';
import type { ClientSecretUse } from '#lib/provider-calls/client-secret-uses';
import { numberText } from '#ui/number-text';

const labels = { current: 'Current secret', previous: 'Previous secret' } as const;

const times = (count: number) => (count === 1 ? 'once' : `${numberText(count)} times`);

/** How the provider took the client's secrets; the page never has the secrets themselves. */
export function ClientSecrets({ secrets }: { secrets: readonly ClientSecretUse[] }) {
  return (
    <div className="flex flex-col gap-4">
      <Facts>
        {secrets.map(({ which, counted }) => (
          <Fact key={which} label={labels[which]}>
            {counted ? (
              <span className="tabular">
                Counted since <Time at={counted.since} />. Used {times(counted.uses)}, last{' '}
                <TimeOr at={counted.lastUsedAt} otherwise="never" />.
                {counted.refusals > 0 && (
                  <>
                    {' '}
                    Refused {times(counted.refusals)}, last <TimeOr at={counted.lastRefusedAt} otherwise="never" />.
                  </>
                )}
              </span>
            ) : (
              'Not used yet.'
            )}
          </Fact>
        ))}
      </Facts>
      {secrets.length > 1 && (
        <p className="max-w-[75ch] text-meta text-soft">
          The secret is being rotated: the hub shows the current secret first and the previous one where that is
          refused. Once the previous one is no longer used, delete it in the provider’s console and run the check above.
        </p>
      )}
    </div>
  );
}
