'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { useEffect } from 'react';
import { rememberList } from '#ui/list-memory';

/** What a flow or an act left in an address is told once. */
const toldOnce = ['flow', 'ref', 'provider_error', 'live'];

/** Lets *Back* lead to a list as it was left. */
export function RememberList() {
  const pathname = usePathname();
  const search = useSearchParams();
  useEffect(() => {
    const kept = new URLSearchParams(search);
    for (const name of toldOnce) kept.delete(name);
    rememberList(pathname, kept.size > 0 ? `?${kept}` : '');
  }, [pathname, search]);
  return null;
}
