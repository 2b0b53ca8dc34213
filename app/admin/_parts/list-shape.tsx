const rows = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** The shape of a list page: heading, filters, how many there are, and rows of 40 pixels. */
export function ListShape({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label}>
      <span className="skeleton mb-2 h-8 w-48" />
      <span className="skeleton mb-6 h-5 w-72 max-w-full" />
      <span className="skeleton mb-4 h-8 w-full max-w-xl" />
      <span className="skeleton mb-4 h-5 w-32" />
      <div className="card overflow-clip">
        <div className="h-10 bg-sunken" />
        {rows.map((row) => (
          <div key={row} className="flex h-10 items-center gap-4 border-t border-line px-4">
            <span className="skeleton h-4 w-2/5" />
            <span className="skeleton h-4 w-1/5" />
            <span className="skeleton h-4 w-1/6" />
          </div>
        ))}
      </div>
    </div>
  );
}
