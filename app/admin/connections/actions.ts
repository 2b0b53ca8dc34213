'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { revokeConnection } from '#lib/connections/revoke';
import { formAction } from '#lib/http/action';
import { reasonText } from '#lib/ledger/reason';
import { requireStepUp } from '#lib/people/step-up';
import { prepareBulkRevocation } from '#lib/revocations/prepare';
import { startBulkRevocation } from '#lib/revocations/start';
import { revocationWord } from '#ui/confirmation';

const ids = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [...new Set([value].flat())])
  .pipe(z.array(z.string().max(64)).min(1).max(100));

const input = z
  .object({ ids, reason: reasonText, confirmation: z.string().trim().optional() })
  .refine((form) => form.ids.length < 2 || form.confirmation === revocationWord(form.ids.length), {
    path: ['confirmation'],
    message: 'Type the words exactly',
  });

/** The bulk revocation that was begun; null where one connection was revoked. */
interface Begun {
  data: { bulk: string | null };
}

/** Revokes one connection, or begins a bulk revocation of many, whose id is answered. */
export const revokeSelected = formAction(input, { role: 'administrator' }, async (ctx, form): Promise<Begun> => {
  const [only = ''] = form.ids;
  if (form.ids.length === 1) {
    await revokeConnection(ctx, { id: only, reason: form.reason });
    refresh();
    return { data: { bulk: null } };
  }
  // Before anything is written down, so that a refusal leaves nothing behind.
  await requireStepUp(ctx);
  const { id, total } = await prepareBulkRevocation(ctx, { ids: form.ids });
  await startBulkRevocation(ctx, { id, reason: form.reason, expected: total });
  return { data: { bulk: id } };
});
