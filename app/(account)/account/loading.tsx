/** The shape of the page: profile on one side, sessions on the other. */
export default function Loading() {
  return (
    <div role="status" aria-label="Loading your account">
      <span className="skeleton mb-2 h-8 w-32" />
      <span className="skeleton mb-6 h-5 w-80 max-w-full" />
      <div className="grid gap-4 lg:grid-cols-2">
        <span className="skeleton h-48" />
        <span className="skeleton h-64" />
      </div>
    </div>
  );
}
