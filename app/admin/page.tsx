import { redirect } from 'next/navigation';
import { adminPage } from '#lib/http/page';

/** There is no overview yet: the list that is asked for most stands in for it. */
export default async function Admin() {
  await adminPage('/admin');
  redirect('/admin/connections');
}
