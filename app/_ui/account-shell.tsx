import { Brand } from '#app/_ui/brand';
import { Link } from '#app/_ui/link';
import { NavLink } from '#app/_ui/nav-link';
import { ThemeSwitch } from '#app/_ui/theme-switch';
import { signOut } from './session-actions.ts';
import { type Organisation, WhoseHub } from './whose-hub.tsx';

interface AccountShellProps {
  /** Administrators and auditors find their way to the admin pages here. */
  admin: boolean;
  organisation: Organisation | undefined;
  children: React.ReactNode;
}

/** What frames a person's own pages, 1,100 pixels wide at most. */
export function AccountShell({ admin, organisation, children }: AccountShellProps) {
  return (
    <div className="flex min-h-dvh flex-col">
      <SkipLink />
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex w-full max-w-[1100px] flex-wrap items-center gap-x-3 px-4 sm:gap-x-6 sm:px-6">
          <Link href="/connections" aria-label="Grantkeep" className="flex h-14 items-center rounded-md">
            <Brand />
          </Link>
          <nav aria-label="Main" className="order-last -mx-2 flex w-full gap-1 sm:order-none sm:mx-0 sm:w-auto">
            <NavLink href="/connections">Connections</NavLink>
            <NavLink href="/activity">Activity</NavLink>
            <NavLink href="/account">Account</NavLink>
            {admin && <NavLink href="/admin">Admin</NavLink>}
          </nav>
          <div className="ml-auto flex items-center gap-1 sm:gap-2">
            <ThemeSwitch />
            <SignOutForm />
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1} className="mx-auto w-full max-w-[1100px] flex-1 px-4 py-8 outline-none sm:px-6">
        {children}
      </main>
      {organisation && (
        <footer className="mx-auto w-full max-w-[1100px] px-4 pb-8 text-meta text-soft sm:px-6">
          <WhoseHub organisation={organisation} />
        </footer>
      )}
    </div>
  );
}

/** The first stop of the keyboard on every page. */
export function SkipLink() {
  return (
    <a
      href="#content"
      className="btn btn-primary sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50"
    >
      Skip to content
    </a>
  );
}

/** Signs this browser out. */
export function SignOutForm() {
  return (
    <form action={signOut}>
      <button type="submit" className="btn btn-quiet px-2 sm:px-3">
        Sign out
      </button>
    </form>
  );
}
