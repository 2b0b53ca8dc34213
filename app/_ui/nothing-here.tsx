import { Link } from '#app/_ui/link';

/** What a page says where its address leads nowhere, and the way on: `children` name the page at `href`. */
export function NothingHere({ href, children }: { href: '/' | '/admin'; children: React.ReactNode }) {
  return (
    <>
      <div>
        <h1 className="text-title font-semibold tracking-tight">There is nothing here</h1>
        <p className="mt-1 text-soft">The address is wrong, what was here is gone, or it is not yours to see.</p>
      </div>
      <Link href={href} className="btn btn-primary">
        {children}
      </Link>
    </>
  );
}
