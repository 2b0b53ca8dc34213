'use client';

/*
 * Drawings that the server must send whole: a server component's drawing can be cut in two by streaming, and React
 * hides the later part with a style attribute that the page's policy forbids. A client component is never cut.
 */

/** A mark of 24 by 24 units in the colour of the text. */
export function Glyph({ path, className }: { path: string; className: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className={className} fill="currentColor">
      <path d={path} />
    </svg>
  );
}

/** A thin bar that is filled to a share of 0 to 1. */
export function Bar({ share, low }: { share: number; low: boolean }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      className="block h-1 w-full overflow-hidden rounded-full"
    >
      <rect width="100" height="4" className="fill-line" />
      <rect width={(share * 100).toFixed(1)} height="4" className={low ? 'fill-warn' : 'fill-good'} />
    </svg>
  );
}
