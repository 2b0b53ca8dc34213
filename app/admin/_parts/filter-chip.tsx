import { X } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';

interface FilterChipProps {
  href: string;
  /** More about the filter, on pointing at it. */
  title?: string;
  children: React.ReactNode;
}

/** A filter of a list; following it takes the filter away. */
export function FilterChip({ href, title, children }: FilterChipProps) {
  return (
    <Link
      href={href}
      title={title}
      className="inline-flex items-center gap-1 rounded-full bg-accent-tint px-3 py-1 font-medium wrap-anywhere text-accent hover:underline"
    >
      {children}
      <X aria-label="remove" className="size-3.5 flex-none" />
    </Link>
  );
}
