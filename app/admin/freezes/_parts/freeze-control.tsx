import { Snowflake } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Badge } from '#app/_ui/status';
import type { FreezeScope, FreezeView } from '#lib/freezes/views';
import { FreezeButton } from './freeze-button.tsx';
import { ThawButton } from './thaw-button.tsx';

/** For a read that may fail: no freeze is another answer than none. Without an answer no button may promise anything. */
export const asKnown = (freeze: FreezeView | null) => ({ known: freeze });

interface FreezeControlProps {
  scope: FreezeScope;
  target: string;
  /** What people know it by; null for everything. */
  name: string | null;
  /** The freeze over this very thing, where one stands. */
  freeze: Pick<FreezeView, 'id' | 'scope' | 'target' | 'targetName'> | null | undefined;
  administrator: boolean;
  small?: boolean;
  /** Thaws here, too. Until when the last sign-in counts: milliseconds since 1970. */
  signInUntil?: number | undefined;
}

/** Freezes one thing; where it is frozen, thaws it or leads to where it can be thawed. */
export function FreezeControl(props: FreezeControlProps) {
  const { scope, target, name, freeze, administrator, small = false, signInUntil } = props;
  if (!freeze) return administrator && <FreezeButton scope={scope} target={target} name={name} small={small} />;
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <Link href="/admin/freezes" className="inline-flex items-center gap-1 hover:underline">
        <Badge tone="frozen" icon={Snowflake}>
          Frozen
        </Badge>
        {small && <span className="sr-only">{name}</span>}
      </Link>
      {administrator && signInUntil !== undefined && <ThawButton freeze={freeze} signInUntil={signInUntil} />}
    </span>
  );
}
