import { ArrowLeft } from 'lucide-react';
import { Link } from '#app/_ui/link';

/** One level up. */
export function BackLink({ href, children }: { href: string; children: React.ReactNode }) {
  return (
    <Link href={href} className="mb-4 inline-flex items-center gap-2 rounded text-soft hover:text-ink">
      <ArrowLeft aria-hidden="true" className="size-4" />
      {children}
    </Link>
  );
}
