import { ChevronLeft, ChevronRight } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { type ListAddress, nextAddress, previousAddress } from '#ui/list-address';

interface PagerProps {
  path: string;
  at: ListAddress;
  nextCursor: string | null;
}

/** Previous and Next of a list, where there are any. */
export function Pager({ path, at, nextCursor }: PagerProps) {
  const previous = previousAddress(path, at);
  if (!previous && !nextCursor) return null;
  return (
    <nav aria-label="Pages" className="mt-4 flex justify-end gap-2">
      {previous && (
        <Link href={previous} rel="prev" className="btn btn-small btn-plain">
          <ChevronLeft aria-hidden="true" className="size-4" />
          Previous
        </Link>
      )}
      {nextCursor && (
        <Link href={nextAddress(path, at, nextCursor)} rel="next" className="btn btn-small btn-plain">
          Next
          <ChevronRight aria-hidden="true" className="size-4" />
        </Link>
      )}
    </nav>
  );
}
