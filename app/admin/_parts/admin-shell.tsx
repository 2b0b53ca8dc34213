import { SignOutForm, SkipLink } from '#app/_ui/account-shell';
import { Brand } from '#app/_ui/brand';
import { Search } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { ThemeSwitch } from '#app/_ui/theme-switch';
import type { Role } from '#lib/context';
import { roleWords } from '#ui/role-words';
import { Drawer } from './drawer.tsx';
import { GlobalSearch } from './global-search.tsx';
import { RememberList } from './remember-list.tsx';
import { SearchShortcut } from './search-shortcut.tsx';
import { SectionLinks } from './section-links.tsx';
import type { SectionCounts } from './sections.ts';

interface AdminShellProps {
  who: string;
  /** Their id. */
  person: string;
  role: Role;
  counts: SectionCounts;
  children: React.ReactNode;
}

/** What frames the admin pages: a sidebar of 240 pixels, a drawer under 768, and the page at full width. */
export function AdminShell({ who, person, role, counts, children }: AdminShellProps) {
  return (
    <div data-person={person} className="min-h-dvh md:grid md:grid-cols-[15rem_minmax(0,1fr)]">
      <SkipLink />
      <SearchShortcut />
      <RememberList />
      <aside className="sticky top-0 hidden h-dvh flex-col gap-4 overflow-y-auto border-r border-line bg-surface p-4 md:flex">
        <Link href="/admin" aria-label="Grantkeep" className="flex h-10 items-center rounded-md px-3">
          <Brand />
        </Link>
        <GlobalSearch label="Search everything" />
        {/* The sections scroll, so that the way out below them stays in sight. */}
        <nav aria-label="Admin sections" className="-mx-1 min-h-40 flex-1 overflow-y-auto px-1">
          <SectionLinks counts={counts} />
        </nav>
        <Foot who={who} role={role} />
      </aside>
      <div className="min-w-0">
        <header className="flex h-14 items-center gap-2 border-b border-line bg-surface px-4 md:hidden">
          <Drawer counts={counts}>
            <Foot who={who} role={role} />
          </Drawer>
          <Link href="/admin" aria-label="Grantkeep" className="flex h-10 items-center rounded-md">
            <Brand />
          </Link>
          <Link href="/admin/search" aria-label="Search" className="btn btn-quiet btn-small ml-auto px-2">
            <Search aria-hidden="true" className="size-5" />
          </Link>
        </header>
        <main id="content" tabIndex={-1} className="p-4 outline-none md:p-6">
          {children}
        </main>
      </div>
    </div>
  );
}

function Foot({ who, role }: { who: string; role: Role }) {
  return (
    <div className="flex flex-col gap-3">
      <div className="px-3">
        <p className="line-clamp-2 font-medium wrap-anywhere" title={who}>
          {who}
        </p>
        <p className="text-meta text-soft">{roleWords[role].word}</p>
      </div>
      <Link href="/connections" className="rounded-md px-3 text-soft hover:text-ink">
        Your own connections
      </Link>
      <div className="flex items-center justify-between gap-2 px-1">
        <ThemeSwitch />
        <SignOutForm />
      </div>
    </div>
  );
}
