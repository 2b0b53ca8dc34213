import { RotateCw } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';

/** Reads the page anew. */
export function RefreshLink({ path }: { path: string }) {
  return (
    <Link href={path} className="btn btn-small btn-plain">
      <RotateCw aria-hidden="true" className="size-4" />
      Refresh
    </Link>
  );
}
