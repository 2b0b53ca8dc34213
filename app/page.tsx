import { redirect } from 'next/navigation';
import { visitorPage } from '#lib/web/page';

export default async function Home() {
  const ctx = await visitorPage();
  redirect(ctx.actor.type === 'person' ? '/connections' : '/sign-in');
}
