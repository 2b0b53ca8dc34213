import type { Metadata } from 'next';
import { NothingHere } from '#app/_ui/nothing-here';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <div className="flex max-w-xl flex-col items-start gap-6 py-8">
      <NothingHere href="/">Go to your connections</NothingHere>
    </div>
  );
}
