import { CircleCheck, CircleSlash } from '#app/_ui/icons';
import { Badge } from '#app/_ui/status';
import type { ApplicationView } from '#lib/applications/views';

/** Whether an application may go on, as a word with its icon. */
export function ApplicationStatus({ status }: Pick<ApplicationView, 'status'>) {
  return status === 'active' ? (
    <Badge tone="good" icon={CircleCheck}>
      Active
    </Badge>
  ) : (
    <Badge tone="quiet" icon={CircleSlash}>
      Disabled
    </Badge>
  );
}
