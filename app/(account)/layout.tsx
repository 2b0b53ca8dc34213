import { AccountShell } from '#app/_ui/account-shell';
import { visitorPage } from '#lib/web/page';

/** Only frames the pages; each page decides for itself who may see it. */
export default async function AccountLayout({ children }: { children: React.ReactNode }) {
  const { actor, config } = await visitorPage();
  if (actor.type !== 'person') return children;
  return (
    <AccountShell admin={actor.role !== 'user'} organisation={config.organisation}>
      {children}
    </AccountShell>
  );
}
