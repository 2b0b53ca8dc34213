import type { Metadata } from 'next';
import { Link } from '#app/_ui/link';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <div className="flex max-w-xl flex-col items-start gap-6 py-8">
      <div>
        <h1 className="text-title font-semibold tracking-tight">There is nothing here</h1>
        <p className="mt-1 text-soft">The address is wrong, what was here is gone, or it is not yours to see.</p>
      </div>
      <Link href="/" className="btn btn-primary">
        Go to your connections
      </Link>
    </div>
  );
}
