'use server';

import { refresh } from 'next/cache';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import { heldIdOf } from '#lib/bulk-revocation/held-key';
import { letGoOfRevocation } from '#lib/bulk-revocation/let-go';
import { prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import { heldRevocationInput, retryHeldRevocation } from '#lib/bulk-revocation/retry-held';
import { startBulkInput, startBulkRevocation } from '#lib/bulk-revocation/start';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { findByEmail } from '#lib/people/find-by-email';
import { formAction } from '#lib/web/action';
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
  person: field,
  scope: field,
  olderThanDays: field,
  unusedForDays: field,
  readByKey: field,
  readWithinDays: field,
});

/** The id of whom an administrator means. @throws AppError `invalid_request` where an e-mail address says too little */
async function meant(ctx: Context, person: string | undefined): Promise<string | undefined> {
  if (!person?.includes('@')) return person;
  const [id, another] = await findByEmail(ctx, person);
  if (id && !another) return id;
  const message = another ? 'several people have this e-mail address; give an id' : 'no person has this e-mail address';
  throw new AppError('invalid_request', { issues: [{ path: 'person', message }] });
}

/** Finds what fits and goes to the page that shows it, where nothing is revoked yet. */
export const prepare = formAction(criteria, administrator, async (ctx, { person, ...input }) => {
  const { id } = await prepareBulkRevocation(ctx, { ...input, personId: await meant(ctx, person) });
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

/** Begins a revocation anew while the hub still holds its tokens. */
export const retryHeld = formAction(heldRevocationInput, administrator, async (ctx, input) => {
  await retryHeldRevocation(ctx, { ...input, id: heldIdOf(input.id) });
  refresh();
  return undefined;
});

/** Erases tokens that could not be revoked. */
export const letGo = formAction(heldRevocationInput, administrator, async (ctx, input) => {
  await letGoOfRevocation(ctx, { ...input, id: heldIdOf(input.id) });
  refresh();
  return undefined;
});
