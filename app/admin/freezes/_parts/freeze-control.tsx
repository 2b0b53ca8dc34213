import { Snowflake } from 'lucide-react';
import { Link } from '#app/_ui/link';
import { Badge } from '#app/_ui/status';
import type { FreezeScope, FreezeView } from '#lib/freezes/views';
import { FreezeButton } from './freeze-button.tsx';

interface FreezeControlProps {
  scope: FreezeScope;
  target: string;
  /** What people know it by; null for everything. */
  name: string | null;
  /** The freeze over this very thing, where one stands. */
  freeze: Pick<FreezeView, 'id'> | null | undefined;
  administrator: boolean;
  small?: boolean;
}

/** Freezes one thing; where it is frozen, leads to where it can be thawed. */
export function FreezeControl({ scope, target, name, freeze, administrator, small = false }: FreezeControlProps) {
  if (!freeze) return administrator && <FreezeButton scope={scope} target={target} name={name} small={small} />;
  return (
    <Link href="/admin/freezes" className="inline-flex items-center gap-1 hover:underline">
      <Badge tone="frozen" icon={Snowflake}>
        Frozen
      </Badge>
      {small && <span className="sr-only">{name}</span>}
    </Link>
  );
}
