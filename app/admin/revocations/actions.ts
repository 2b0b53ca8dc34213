'use server';

import { refresh } from 'next/cache';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import { formAction } from '#lib/http/action';
import { prepareBulkRevocation } from '#lib/revocations/prepare';
import { startBulkInput, startBulkRevocation } from '#lib/revocations/start';
import { revocationWord } from '#ui/confirmation';

const administrator = { role: 'administrator' } as const;

/** An empty field of the form is one that was not given. */
const field = z
  .string()
  .trim()
  .transform((text) => (text === '' ? undefined : text))
  .optional();

const criteria = z.object({
  provider: field,
  personId: field,
  scope: field,
  olderThanDays: field,
  unusedForDays: field,
  readByKey: field,
  readWithinDays: field,
});

/** Finds what fits and goes to the page that shows it, where nothing is revoked yet. */
export const prepare = formAction(criteria, administrator, async (ctx, input) => {
  const { id } = await prepareBulkRevocation(ctx, input);
  redirect(`/admin/revocations/${id}`);
});

/** Begins what was prepared, if the number that was shown was typed. */
export const start = formAction(
  startBulkInput
    .extend({ confirmation: z.string().trim() })
    .refine((form) => form.confirmation === revocationWord(form.expected), {
      path: ['confirmation'],
      message: 'Type the words exactly',
    }),
  administrator,
  async (ctx, { confirmation: _, ...input }) => {
    await startBulkRevocation(ctx, input);
    refresh();
    return undefined;
  },
);
