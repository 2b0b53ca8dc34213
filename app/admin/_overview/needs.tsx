import {
  BellRing,
  ChevronRight,
  CircleAlert,
  CircleCheck,
  Clock,
  type IconComponent,
  Snowflake,
  TriangleAlert,
} from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Time } from '#app/_ui/time';
import type { NeedView } from '#lib/overview/needs';
import type { Tone } from '#ui/status-words';
import { needWords } from './need-words.ts';

const icons: Record<Tone, IconComponent> = {
  bad: CircleAlert,
  warn: TriangleAlert,
  frozen: Snowflake,
  due: Clock,
  good: CircleCheck,
  quiet: Clock,
};
const colours: Record<Tone, string> = {
  bad: 'bg-bad-tint text-bad',
  warn: 'bg-warn-tint text-warn',
  frozen: 'bg-frozen-tint text-frozen',
  due: 'bg-due-tint text-due',
  good: 'bg-good-tint text-good',
  quiet: 'bg-sunken text-soft',
};

/** What waits for a person, the most urgent first; each leads to its rows. */
export function Needs({ needs }: { needs: NeedView[] }) {
  if (needs.length === 0)
    return (
      <div className="card flex items-center gap-3 p-4">
        <CircleCheck aria-hidden="true" className="size-5 flex-none text-good" />
        <p>Nothing needs attention.</p>
      </div>
    );
  return (
    <ul className="card overflow-clip">
      {needs.map((need) => (
        <Need key={need.kind} need={need} />
      ))}
    </ul>
  );
}

function Need({ need }: { need: NeedView }) {
  const { tone, href, title, about } = needWords(need);
  const Icon = need.kind === 'alerts_open' ? BellRing : icons[tone];
  return (
    <li className="relative flex items-center gap-3 border-t border-line p-3 first:border-t-0 hover:bg-sunken">
      <span className={`grid size-8 flex-none place-items-center rounded-lg ${colours[tone]}`}>
        <Icon aria-hidden="true" className="size-4" />
      </span>
      <div className="min-w-0 flex-1">
        {/* The link's box covers its row. */}
        <Link href={href} className="tabular font-medium wrap-anywhere after:absolute after:inset-0 hover:text-accent">
          {title}
        </Link>
        <p className="text-meta text-soft">
          {need.since && (
            <>
              Since <Time at={need.since} />.{' '}
            </>
          )}
          {about}
        </p>
      </div>
      <ChevronRight aria-hidden="true" className="size-4 flex-none text-soft" />
    </li>
  );
}
