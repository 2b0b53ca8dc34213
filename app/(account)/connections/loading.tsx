/** The shape of the page: a heading and three cards. */
export default function Loading() {
  return (
    <div role="status" aria-label="Loading your connections">
      <span className="skeleton mb-2 h-8 w-48" />
      <span className="skeleton mb-6 h-5 w-80 max-w-full" />
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {['first', 'second', 'third'].map((place) => (
          <div key={place} className="card flex flex-col gap-4 p-5">
            <div className="flex items-center gap-3">
              <span className="skeleton size-10" />
              <span className="skeleton h-6 w-24" />
            </div>
            <span className="skeleton h-16 w-full" />
            <span className="skeleton h-10 w-full" />
          </div>
        ))}
      </div>
    </div>
  );
}
