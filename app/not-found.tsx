import type { Metadata } from 'next';
import { Brand } from '#app/_ui/brand';
import { Link } from '#app/_ui/link';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <main className="mx-auto flex max-w-xl flex-col items-start gap-6 px-4 py-16">
      <Brand />
      <div>
        <h1 className="text-title font-semibold tracking-tight">There is nothing here</h1>
        <p className="mt-1 text-soft">The address is wrong, what was here is gone, or it is not yours to see.</p>
      </div>
      <Link href="/" className="btn btn-primary">
        Go to your connections
      </Link>
    </main>
  );
}
