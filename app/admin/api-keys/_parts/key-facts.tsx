import { CircleCheck, CircleSlash, Clock, Snowflake } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Badge } from '#app/_ui/status';
import type { ApiKeyView } from '#lib/api-keys/views';

/** So many ranges are named in the row; the key's page has all. */
const shown = 2;

interface LimitsProps {
  apiKey: Pick<ApiKeyView, 'providers' | 'ipRanges' | 'ipRule'>;
  /** Names every range. */
  all?: boolean;
}

/** What a key is kept to: some providers, and where it is expected from with what a call from elsewhere meets. */
export function Limits({ apiKey: { providers, ipRanges, ipRule }, all = false }: LimitsProps) {
  if (!providers && !ipRanges) return 'none';
  const most = all ? Number.POSITIVE_INFINITY : shown;
  return (
    <span className="block min-w-44">
      {providers && <span className="block">{providers.join(', ')}</span>}
      {ipRanges && (
        <>
          <code className="block font-mono wrap-anywhere">
            {ipRanges.slice(0, most).join(', ')}
            {ipRanges.length > most && ` and ${ipRanges.length - most} more`}
          </code>
          <span className="block text-soft">{ipRule === 'deny' ? 'refused elsewhere' : 'alert elsewhere'}</span>
        </>
      )}
    </span>
  );
}

export function KeyStatus({ apiKey: { status, frozen } }: { apiKey: Pick<ApiKeyView, 'status' | 'frozen'> }) {
  if (frozen && status === 'active') {
    return (
      <Link href="/admin/freezes" className="hover:underline">
        <Badge tone="frozen" icon={Snowflake}>
          Frozen
        </Badge>
      </Link>
    );
  }
  if (status === 'active') {
    return (
      <Badge tone="good" icon={CircleCheck}>
        Active
      </Badge>
    );
  }
  return status === 'expired' ? (
    <Badge tone="warn" icon={Clock}>
      Expired
    </Badge>
  ) : (
    <Badge tone="quiet" icon={CircleSlash}>
      Revoked
    </Badge>
  );
}
