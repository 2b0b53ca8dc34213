import { Link } from '#app/_ui/link';
import { ListCount, type ListCountProps } from './list-count.tsx';
import { SearchBegins } from './search-begins.tsx';

interface FilterSummaryProps extends ListCountProps {
  path: string;
  /** Whether anything narrows the list. */
  filtered: boolean;
  /** False where the search text is too short to search by. */
  searched: boolean;
  /** The filters that stand in no form. */
  children?: React.ReactNode;
}

/** How many rows a list has under its filters, and the way back to all; nothing over a list that is empty by itself. */
export function FilterSummary({ path, filtered, searched, children, ...count }: FilterSummaryProps) {
  if (count.counted.count === 0 && !filtered) return null;
  return (
    <p className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2 text-meta">
      {!searched && <SearchBegins />}
      <ListCount {...count} />
      {children}
      {filtered && (
        <Link href={path} className="link">
          Show all
        </Link>
      )}
    </p>
  );
}
