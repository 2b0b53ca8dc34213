'use client';

import { useSyncExternalStore } from 'react';
import { ArrowLeft } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { rememberedList } from './list-memory.ts';

const never = () => () => {};

/** One level up; to a list as it was left, with its filters and its page. */
export function BackLink({ href, children }: { href: string; children: React.ReactNode }) {
  const back = useSyncExternalStore(
    never,
    () => rememberedList(href),
    () => href,
  );
  return (
    <Link
      href={back}
      className="mb-4 inline-flex max-w-full items-center gap-2 rounded wrap-anywhere text-soft hover:text-ink"
    >
      <ArrowLeft aria-hidden="true" className="size-4 flex-none" />
      {children}
    </Link>
  );
}
