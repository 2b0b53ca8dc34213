'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import {
  Activity,
  AppWindow,
  BellRing,
  Blocks,
  BookOpen,
  CalendarCheck,
  CircleSlash,
  FileCheck,
  Gauge,
  KeyRound,
  ListChecks,
  Plug,
  ScrollText,
  Snowflake,
  Users,
  Vault,
} from '#app/_ui/icons';
import { type Section, type SectionCounts, sections } from './sections.ts';

const icons: Record<Section['icon'], typeof Plug> = {
  overview: Gauge,
  connections: Plug,
  people: Users,
  keys: KeyRound,
  applications: AppWindow,
  providers: Blocks,
  alerts: BellRing,
  freezes: Snowflake,
  revocations: CircleSlash,
  ledger: ScrollText,
  status: Activity,
  checks: ListChecks,
  conformance: BookOpen,
  vault: Vault,
  reviews: CalendarCheck,
  evidence: FileCheck,
};

/** The links of the sidebar and of the drawer; says which section this page belongs to. */
export function SectionLinks({ counts, onFollow }: { counts: SectionCounts; onFollow?: () => void }) {
  const pathname = usePathname();
  return (
    <ul className="flex flex-col gap-0.5">
      {sections.map(({ href, name, icon }) => {
        const Icon = icons[icon];
        // Everything lies under the overview's address: only its own page is it.
        const here = pathname === href || (href !== '/admin' && pathname.startsWith(`${href}/`));
        return (
          <li key={href}>
            <Link
              href={href}
              aria-current={here ? 'page' : undefined}
              onClick={onFollow}
              className="flex h-10 items-center gap-3 rounded-md px-3 md:h-9 font-medium text-soft hover:bg-sunken hover:text-ink aria-[current]:bg-accent-tint aria-[current]:text-accent"
            >
              <Icon aria-hidden="true" className="size-4" />
              {name}
              <Waiting counted={counts[icon]} />
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

/** How many wait; nothing where none do. */
function Waiting({ counted }: { counted: SectionCounts[Section['icon']] }) {
  if (!counted || counted.count === 0) return null;
  return (
    <span className="tabular ml-auto rounded-full bg-bad-tint px-2 text-meta text-bad">
      {counted.count}
      {counted.capped && '+'}
      <span className="sr-only"> waiting</span>
    </span>
  );
}
