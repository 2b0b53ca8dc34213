import { visitorPage } from '#lib/http/page';
import { AdminShell } from './_parts/admin-shell.tsx';

/** Only frames the pages; each page decides for itself who may see it. */
export default async function AdminLayout({ children }: { children: React.ReactNode }) {
  const { actor } = await visitorPage();
  if (actor.type !== 'person' || actor.role === 'user') return children;
  return (
    <AdminShell who={actor.email ?? actor.name ?? 'You'} role={actor.role}>
      {children}
    </AdminShell>
  );
}
