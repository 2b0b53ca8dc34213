/** Label and value, in two columns where there is room. */
export function Facts({ children }: { children: React.ReactNode }) {
  return <dl className="flex flex-col gap-4">{children}</dl>;
}

export function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="flex flex-col gap-1 sm:grid sm:grid-cols-[10rem_1fr] sm:gap-4">
      <dt className="text-soft">{label}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}
