'use server';

import { refresh } from 'next/cache';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import { prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import { askToReconnect } from '#lib/person-mails/ask-reconnect';
import { revokeConnection, revokeConnectionInput } from '#lib/revocation/revoke';
import { formAction } from '#lib/web/action';

const administrator = { role: 'administrator' } as const;
const id = z.string().max(64);

/** Revokes one connection, for a reason. */
export const revokeOne = formAction(
  revokeConnectionInput.required({ reason: true }),
  administrator,
  async (ctx, input) => {
    await revokeConnection(ctx, input);
    refresh();
    return undefined;
  },
);

/** Asks the person of one connection by mail to reconnect it. */
export const askOne = formAction(z.object({ connection: id }), administrator, async (ctx, input) => {
  await askToReconnect(ctx, input);
  refresh();
  return undefined;
});

const ids = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [...new Set([value].flat())])
  .pipe(z.array(id).min(1).max(100));

/** Goes to the preview of revoking the selected connections; nothing is revoked yet. */
export const prepareSelected = formAction(z.object({ ids }), administrator, async (ctx, selection) => {
  const prepared = await prepareBulkRevocation(ctx, selection);
  redirect(`/admin/revocations/${prepared.id}`);
});
