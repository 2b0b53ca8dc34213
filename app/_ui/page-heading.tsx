interface PageHeadingProps {
  title: string;
  children?: React.ReactNode;
  /** Stands beside the heading, or under it where there is no room. */
  action?: React.ReactNode;
}

/** A page's heading and, under it, what it is about. */
export function PageHeading({ title, children, action }: PageHeadingProps) {
  return (
    <div className="mb-6 flex flex-wrap items-start justify-between gap-4">
      <div className="min-w-0">
        <h1 className="text-title font-semibold tracking-tight">{title}</h1>
        {children && <p className="mt-1 max-w-[65ch] text-soft">{children}</p>}
      </div>
      {action}
    </div>
  );
}
