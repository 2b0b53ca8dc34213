import { SlidersHorizontal } from '#app/_ui/icons';
import { Badge } from '#app/_ui/status';

/** Marks a rule with numbers that an administrator set. */
export function SetByHand() {
  return (
    <Badge tone="quiet" icon={SlidersHorizontal}>
      Numbers set by hand
    </Badge>
  );
}
