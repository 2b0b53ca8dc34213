'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { revokeConnections, revokeConnectionsInput } from '#lib/connections/revoke-many';
import { AppError } from '#lib/errors';
import { formAction } from '#lib/http/action';
import { revocationWord } from '#ui/confirmation';

const ids = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => [...new Set([value].flat())])
  .pipe(revokeConnectionsInput.shape.ids);

const input = revokeConnectionsInput
  .extend({ ids, confirmation: z.string().trim().optional() })
  .refine((form) => form.ids.length < 2 || form.confirmation === revocationWord(form.ids.length), {
    path: ['confirmation'],
    message: 'Type the words exactly',
  });

/** Revokes one or many connections; each succeeds or fails on its own, and the answer says which. */
export const revokeSelected = formAction(input, { role: 'administrator' }, async (ctx, form) => {
  const outcomes = await revokeConnections(ctx, { ids: form.ids, reason: form.reason });
  const [only] = outcomes;
  if (outcomes.length === 1 && only?.code) throw new AppError(only.code);
  refresh();
  return { data: outcomes };
});
