import { Notice } from '#app/_ui/notice';
import type { BlastRadiusView } from '#lib/revocation/blast-radius';

interface BlastRadiusProps {
  found: BlastRadiusView;
  /** The provider's name, where it is not said beside this. */
  provider?: string;
}

/** Which other connections end with this one, since the provider ends a whole account or grant at once. */
export function BlastRadius({ found: { radius, connections, more }, provider = 'The provider' }: BlastRadiusProps) {
  if (radius === 'token') return null;
  const surely = radius === 'account';
  const count = connections.length + more;
  const title =
    count === 0
      ? `${provider} ${surely ? 'ends' : 'may end'} access for the whole account`
      : `${count} other ${count === 1 ? 'connection' : 'connections'} ${surely ? 'will' : 'may'} stop working too`;
  return (
    <Notice tone="warn" title={title}>
      <p>
        {count === 0
          ? 'No other connection here hangs on the same account. What was connected with it elsewhere may end as well.'
          : `${provider} ${surely ? 'ends' : 'may end'} access for the whole account at once${connections.length > 0 ? ', and with it:' : '.'}`}
      </p>
      {connections.length > 0 && (
        <ul className="list-disc pl-5">
          {connections.map((one) => (
            <li key={one.id} className="wrap-anywhere">
              {one.label}, {one.provider.name}
              {one.person && `, of ${one.person.name ?? one.person.id}`}
            </li>
          ))}
        </ul>
      )}
      {more > 0 && (
        <p>
          {connections.length > 0
            ? `and ${more} more, also of other people.`
            : more === 1
              ? 'It is somebody else’s.'
              : 'They are other people’s.'}
        </p>
      )}
    </Notice>
  );
}
