import { Link } from '#app/_ui/link';
import { filteredAddress, type ListAddress } from '#ui/list-address';

interface StateFilterProps {
  label: string;
  path: string;
  at: ListAddress;
  /** The states that can be chosen; the one without a state is all of them. */
  filters: readonly { state: string | undefined; word: string }[];
  chosen: string | undefined;
}

/** A row of links that narrow a list to one state. */
export function StateFilter({ label, path, at, filters, chosen }: StateFilterProps) {
  return (
    <nav aria-label={label} className="flex flex-wrap gap-2">
      {filters.map(({ state, word }) => (
        <Link
          key={word}
          href={filteredAddress(path, at, { state })}
          aria-current={state === chosen ? 'page' : undefined}
          className="btn btn-small btn-plain aria-[current]:bg-accent-tint aria-[current]:text-accent"
        >
          {word}
        </Link>
      ))}
    </nav>
  );
}
