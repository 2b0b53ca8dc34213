/** The shape of the page: a name, facts on one side, the history on the other. */
export default function Loading() {
  return (
    <div role="status" aria-label="Loading the connection">
      <span className="skeleton mb-4 h-5 w-32" />
      <span className="skeleton mb-6 h-10 w-64" />
      <div className="grid gap-4 lg:grid-cols-2">
        <span className="skeleton h-96" />
        <span className="skeleton h-96" />
      </div>
    </div>
  );
}
