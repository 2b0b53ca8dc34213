import type { Metadata } from 'next';
import { Brand } from '#app/_ui/brand';
import { NothingHere } from '#app/_ui/nothing-here';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <main className="mx-auto flex max-w-xl flex-col items-start gap-6 px-4 py-16">
      <Brand />
      <NothingHere href="/">Go to your connections</NothingHere>
    </main>
  );
}
