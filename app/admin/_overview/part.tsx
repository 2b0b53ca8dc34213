import { Suspense } from 'react';
import { Unread } from '../_parts/unread.tsx';

interface PartProps {
  id: string;
  title: string;
  about?: string;
  children: React.ReactNode;
}

/** A part of the page. What it holds comes when it has been read, and nothing else waits for it. */
export function Part({ id, title, about, children }: PartProps) {
  return (
    <section aria-labelledby={id} className="min-w-0">
      <h2 id={id} className={`text-section font-semibold ${about ? '' : 'mb-3'}`}>
        {title}
      </h2>
      {about && <p className="mb-3 text-meta text-soft">{about}</p>}
      <Suspense fallback={<PartShape label={`${title} is being read`} />}>{children}</Suspense>
    </section>
  );
}

interface ReadProps<T> {
  /** From `inPart`: null where it could not be read. */
  from: Promise<T | null>;
  reference: string;
  children: (read: T) => React.ReactNode;
}

/** Shows what was read, or says in its place that it could not be. */
export async function Read<T>({ from, reference, children }: ReadProps<T>) {
  const read = await from;
  return read === null ? <Unread reference={reference} /> : children(read);
}

function PartShape({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className="card flex flex-col gap-4 p-5">
      <span className="skeleton h-5 w-3/5" />
      <span className="skeleton h-5 w-2/5" />
      <span className="skeleton h-5 w-1/2" />
    </div>
  );
}
