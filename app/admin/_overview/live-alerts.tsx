import { BellRing } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Time } from '#app/_ui/time';
import type { AlertView } from '#lib/alerts/views';
import { AlertStateMark, Severity, Subject } from '../alerts/_parts/marks.tsx';

interface LiveAlertsProps {
  alerts: AlertView[];
  more: boolean;
}

/** Active alerts, the worst first. */
export function LiveAlerts({ alerts, more }: LiveAlertsProps) {
  if (alerts.length === 0)
    return (
      <div className="card flex items-center gap-3 p-4">
        <BellRing aria-hidden="true" className="size-5 flex-none text-soft" />
        <p>
          No alert is active.{' '}
          <Link href="/admin/alerts/rules" className="link">
            What the rules look for
          </Link>
        </p>
      </div>
    );
  return (
    <ul className="card overflow-clip">
      {alerts.map((alert) => (
        <li key={alert.id} className="relative border-t border-line p-3 first:border-t-0 hover:bg-sunken">
          <Link
            href={`/admin/alerts/${alert.id}`}
            className="font-medium wrap-anywhere after:absolute after:inset-0 hover:text-accent"
          >
            {alert.title}
          </Link>
          <p className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-meta text-soft">
            <Severity severity={alert.severity} />
            <AlertStateMark state={alert.state} />
            <span className="relative">
              <Subject subject={alert.subject} />
            </span>
            <Time at={alert.openedAt} />
          </p>
        </li>
      ))}
      {more && (
        <li className="border-t border-line px-3 py-2 text-meta">
          <Link href="/admin/alerts" className="link">
            All active alerts
          </Link>
        </li>
      )}
    </ul>
  );
}
