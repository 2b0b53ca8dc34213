import { Link } from '#app/_ui/link';
import { Time } from '#app/_ui/time';
import type { ServicesView, ServiceUseView } from '#lib/connections/services';
import { numberText } from '#ui/number-text';
import { Sparkline } from './sparkline.tsx';

/** Services that are shown at once; the others open below them. */
const shownAtOnce = 10;

/** Which services use an account, what for, and how much of late. */
export function UsedBy({ services: { services, capped }, keyPages }: { services: ServicesView; keyPages: boolean }) {
  if (services.length === 0)
    return <p className="text-soft">No service may use this account, and none did in the last seven days.</p>;
  // One more than fits is shown too: “1 more” would take its place.
  const shown = services.length <= shownAtOnce + 1 ? services.length : shownAtOnce;
  const rest = services.slice(shown);
  return (
    <>
      <Services services={services.slice(0, shown)} keyPages={keyPages} />
      {rest.length > 0 && (
        <details className="mt-3">
          <summary className="w-fit rounded text-meta font-medium text-accent hover:underline">
            {rest.length} more
          </summary>
          <div className="mt-3 border-t border-line pt-3">
            <Services services={rest} keyPages={keyPages} />
          </div>
        </details>
      )}
      {capped && (
        <p className="mt-3 text-meta text-soft">
          So many uses that the hub counted only the newest of them. The ledger has all.
        </p>
      )}
    </>
  );
}

function Services({ services, keyPages }: { services: ServiceUseView[]; keyPages: boolean }) {
  return (
    <ul className="flex flex-col divide-y divide-line">
      {services.map(({ id, name, purpose, mayRead, days, lastReadAt }) => {
        const reads = days.reduce((sum, one) => sum + one, 0);
        return (
          <li
            key={id}
            className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 py-3 first:pt-0 last:pb-0"
          >
            <div className="min-w-0">
              <p className="font-medium wrap-anywhere">
                {keyPages ? (
                  <Link href={`/admin/api-keys/${id}`} className="link">
                    {name}
                  </Link>
                ) : (
                  name
                )}
              </p>
              <p className="max-w-[60ch] text-soft wrap-anywhere">
                {purpose ?? 'Its administrator has not said what for.'}
                {!mayRead && ' It may no longer use this account.'}
              </p>
            </div>
            <div className="flex items-center gap-4">
              {reads > 0 && <Sparkline counts={days} />}
              <p className="tabular text-meta text-soft">
                {reads > 0 && lastReadAt ? (
                  <>
                    {numberText(reads)} {reads === 1 ? 'use' : 'uses'} in 7 days, last <Time at={lastReadAt} />
                  </>
                ) : (
                  'not used in 7 days'
                )}
              </p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
