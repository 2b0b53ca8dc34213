import { countOpenAlerts } from '#lib/alerts/count-open';
import { requestHeaders } from '#lib/cookies/request';
import { adminPage, inPart } from '#lib/web/page';
import { pathHeader } from '#ui/path-header';
import { AdminShell } from './_parts/admin-shell.tsx';

/**
 * Checks before anything is sent, so that a stranger gets a redirect and a person without the role a 404, and not the
 * shape of a list. Each page checks again: a layout is not asked anew when its pages change.
 */
export default async function AdminLayout({ children }: { children: React.ReactNode }) {
  const ctx = await adminPage((await requestHeaders()).get(pathHeader) ?? '/admin');
  const { actor } = ctx;
  const open = await inPart(ctx, 'alerts', countOpenAlerts(ctx));
  return (
    <AdminShell who={actor.email ?? actor.name ?? 'You'} role={actor.role} counts={open ? { alerts: open } : {}}>
      {children}
    </AdminShell>
  );
}
