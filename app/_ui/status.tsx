import { CircleCheck, CircleSlash, Clock, type IconComponent, Snowflake, TriangleAlert } from '#app/_ui/icons';
import type { DisplayStatus } from '#lib/connections/views';
import { statusWords, type Tone } from './status-words.ts';

const icons: Record<DisplayStatus, IconComponent> = {
  connected: CircleCheck,
  refresh_due: Clock,
  needs_reconnect: TriangleAlert,
  frozen: Snowflake,
  revoked: CircleSlash,
};

const tones: Record<Tone, string> = {
  good: 'bg-good-tint text-good',
  due: 'bg-due-tint text-due',
  warn: 'bg-warn-tint text-warn',
  bad: 'bg-bad-tint text-bad',
  frozen: 'bg-frozen-tint text-frozen',
  quiet: 'bg-sunken text-soft',
};

/** Any short state: an icon and a word, so that colour is never alone. */
export function Badge({ tone, icon: Icon, children }: { tone: Tone; icon: IconComponent; children: React.ReactNode }) {
  return (
    <span
      className={`inline-flex align-middle items-center gap-1 rounded-full px-2 text-meta font-medium whitespace-nowrap ${tones[tone]}`}
    >
      <Icon aria-hidden="true" className="size-3.5" />
      {children}
    </span>
  );
}

/** The state of a connection. */
export function Status({ status }: { status: DisplayStatus }) {
  const { word, tone } = statusWords[status];
  return (
    <Badge tone={tone} icon={icons[status]}>
      {word}
    </Badge>
  );
}
