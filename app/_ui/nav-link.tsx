'use client';

import { usePathname } from 'next/navigation';
import { Link } from '#app/_ui/link';

/** A section of the top navigation; says which one this page belongs to. */
export function NavLink({ href, children }: { href: string; children: React.ReactNode }) {
  const pathname = usePathname();
  const here = pathname === href || pathname.startsWith(`${href}/`);
  return (
    <Link
      href={href}
      aria-current={here ? 'page' : undefined}
      className="flex h-12 items-center border-b-2 border-transparent px-2 font-medium text-soft hover:text-ink aria-[current]:border-accent aria-[current]:text-ink sm:h-14 sm:px-3"
    >
      {children}
    </Link>
  );
}
