import type { Metadata } from 'next';
import { countOpenAlerts } from '#lib/alerts/count-open';
import { requestHeaders } from '#lib/cookies/request';
import { countOverdueReviews } from '#lib/reviews/list';
import { adminPage, inPart } from '#lib/web/page';
import { pathHeader } from '#ui/path-header';
import { AdminShell } from './_parts/admin-shell.tsx';

/** The admin pages' titles differ from those of a person's own pages with the same name. */
export const metadata: Metadata = { title: { default: 'Admin · Grantkeep', template: '%s · Admin · Grantkeep' } };

/**
 * Checks before anything is sent, so that a stranger gets a redirect and a person without the role a 404, and not the
 * shape of a list. Each page checks again: a layout is not asked anew when its pages change.
 */
export default async function AdminLayout({ children }: { children: React.ReactNode }) {
  const ctx = await adminPage((await requestHeaders()).get(pathHeader) ?? '/admin');
  const { actor } = ctx;
  const [alerts, reviews] = await Promise.all([
    inPart(ctx, 'alerts', countOpenAlerts(ctx)),
    inPart(ctx, 'reviews', countOverdueReviews(ctx)),
  ]);
  const counts = { ...(alerts && { alerts }), ...(reviews && { reviews }) };
  return (
    <AdminShell who={actor.email ?? actor.name ?? 'You'} person={actor.personId} role={actor.role} counts={counts}>
      {children}
    </AdminShell>
  );
}
