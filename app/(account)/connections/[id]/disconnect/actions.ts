'use server';

import { redirect } from 'next/navigation';
import { z } from 'zod';
import { getConnection } from '#lib/connections/get';
import { revokeConnection } from '#lib/revocation/revoke';
import { formAction } from '#lib/web/action';

const revokeOwn = formAction(z.object({ id: z.string().max(64) }), {}, async (ctx, { id }) => {
  const { provider } = await getConnection(ctx, { id });
  await revokeConnection(ctx, { id });
  return { data: provider.id };
});

/** Ends a connection of the person's own and goes back to its card, which tells how it went. */
export async function disconnect(form: FormData): Promise<void> {
  const state = await revokeOwn(null, form);
  const id = encodeURIComponent(String(form.get('id')));
  if (state.ok) {
    const provider = encodeURIComponent(String(state.data));
    redirect(`/connections?flow=disconnected&provider=${provider}&connection=${id}#provider-${provider}`);
  }
  redirect(`/connections/${id}/disconnect?${new URLSearchParams({ flow: state.code, ref: state.reference })}`);
}
