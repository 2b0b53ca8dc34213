import { redirect } from 'next/navigation';
import { readsEverything } from '#lib/guards/require';
import { visitorPage } from '#lib/web/page';

/** Leads administrators and auditors to the overview, other people to their connections. */
export default async function Home() {
  const ctx = await visitorPage();
  if (ctx.actor.type !== 'person') redirect('/sign-in');
  redirect(readsEverything(ctx) ? '/admin' : '/connections');
}
