'use client';
// For the reason that glyph.tsx names.

/** The mark: a key. Its bow is a ring that holds a second, smaller one. */
function Mark({ className = 'size-6' }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className} fill="none" stroke="currentColor" strokeWidth="3">
      <circle cx="12" cy="12" r="8.5" />
      <circle cx="12" cy="12" r="2.5" fill="currentColor" stroke="none" />
      <path d="M18 18 28.5 28.5M23.5 23.5l3.5-3.5" strokeLinecap="round" />
    </svg>
  );
}

/** Mark and name, as they stand at the top of every page. */
export function Brand() {
  return (
    <span className="inline-flex items-center gap-2 text-ink">
      <Mark className="size-6 text-accent" />
      <span className="text-section font-semibold tracking-tight">Grantkeep</span>
    </span>
  );
}
