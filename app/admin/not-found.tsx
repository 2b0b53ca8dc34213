import type { Metadata } from 'next';
import { NothingHere } from '#app/_ui/nothing-here';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <div className="flex max-w-xl flex-col items-start gap-6 p-6">
      <NothingHere href="/admin">Go to the admin pages</NothingHere>
    </div>
  );
}
