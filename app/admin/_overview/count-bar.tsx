'use client';

/** A bar of that part of the longest, from 0 to 1. For the eye: the number beside it says the same. */
export function CountBar({ share }: { share: number }) {
  // One that counts anything stays visible.
  const width = share === 0 ? 0 : Math.max(1, share * 100);
  return (
    <svg aria-hidden="true" viewBox="0 0 100 6" preserveAspectRatio="none" className="mt-1 block h-1.5 w-full">
      <rect width="100" height="6" className="fill-sunken" />
      <rect width={width.toFixed(1)} height="6" className="fill-accent" />
    </svg>
  );
}
