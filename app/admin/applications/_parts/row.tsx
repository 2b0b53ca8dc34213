import { Link } from '#app/_ui/link';

interface RowProps {
  href: `/admin/${string}`;
  name: string;
  about: string;
  /** Its state. */
  children: React.ReactNode;
}

/** One of an application's keys, people or connections. */
export function Row({ href, name, about, children }: RowProps) {
  return (
    <li className="flex items-center justify-between gap-3 border-t border-line py-2 first:border-t-0">
      <div className="min-w-0">
        <Link href={href} className="wrap-anywhere hover:text-accent hover:underline">
          {name}
        </Link>
        <span className="block text-meta text-soft wrap-anywhere">{about}</span>
      </div>
      <span className="flex-none text-right text-meta text-soft">{children}</span>
    </li>
  );
}
