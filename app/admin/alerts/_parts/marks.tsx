import { BellRing, CircleAlert, CircleCheck, Eye, type IconComponent, Info, TriangleAlert } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Badge } from '#app/_ui/status';
import type { AlertView } from '#lib/alerts/views';

interface Look {
  tone: React.ComponentProps<typeof Badge>['tone'];
  icon: IconComponent;
  word: string;
}

const severities: Record<AlertView['severity'], Look> = {
  critical: { tone: 'bad', icon: CircleAlert, word: 'Critical' },
  warning: { tone: 'warn', icon: TriangleAlert, word: 'Warning' },
  info: { tone: 'quiet', icon: Info, word: 'Information' },
};

/** Colour is for severity alone. */
const states: Record<AlertView['state'], Look> = {
  open: { tone: 'quiet', icon: BellRing, word: 'Open' },
  acknowledged: { tone: 'quiet', icon: Eye, word: 'Acknowledged' },
  resolved: { tone: 'quiet', icon: CircleCheck, word: 'Resolved' },
};

/** How bad it is. */
export function Severity({ severity }: { severity: AlertView['severity'] }) {
  const { word, ...look } = severities[severity];
  return <Badge {...look}>{word}</Badge>;
}

/** Whether somebody has it in hand, or it is over. */
export function AlertStateMark({ state }: { state: AlertView['state'] }) {
  const { word, ...look } = states[state];
  return <Badge {...look}>{word}</Badge>;
}

const pageOf: Record<NonNullable<AlertView['subject']>['kind'], (id: string) => string> = {
  provider: (id) => `/admin/connections?provider=${encodeURIComponent(id)}`,
  api_key: (id) => `/admin/api-keys/${encodeURIComponent(id)}`,
  check: () => '/admin/checks',
};

/** What an alert is about, as a link to it where it has a page. */
export function Subject({ subject }: { subject: AlertView['subject'] }) {
  if (subject === null) return 'The whole hub';
  const { kind, id, name } = subject;
  return (
    <Link href={pageOf[kind](id)} className="link wrap-anywhere">
      {name ?? <code className="font-mono">{id}</code>}
    </Link>
  );
}
