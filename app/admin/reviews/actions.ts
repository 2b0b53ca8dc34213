'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { assignReview, assignReviewInput } from '#lib/reviews/assign';
import { computeFindings, reviewInput } from '#lib/reviews/compute-findings';
import { runDrill, runDrillInput } from '#lib/reviews/drill';
import type { InactiveBatch } from '#lib/reviews/inactive-batch';
import { inactivePersonInput, notifyInactive } from '#lib/reviews/notify-inactive';
import { notifyManyInactive, notifyManyInactiveInput } from '#lib/reviews/notify-many-inactive';
import { revokeInactive } from '#lib/reviews/revoke-inactive';
import { revokeManyInactive, revokeManyInactiveInput } from '#lib/reviews/revoke-many-inactive';
import { signOffInput, signOffReview } from '#lib/reviews/sign-off';
import { formAction } from '#lib/web/action';
import { revocationWord } from '#ui/confirmation';

const administrator = { role: 'administrator' } as const;

/** Computes the findings of a review now. */
export const compute = formAction(reviewInput, administrator, async (ctx, input) => {
  await computeFindings(ctx, input);
  refresh();
  return undefined;
});

/** Signs a review off with a note. */
export const signOff = formAction(signOffInput, administrator, async (ctx, input) => {
  await signOffReview(ctx, input);
  refresh();
  return undefined;
});

/** Gives a review to an administrator. */
export const assign = formAction(assignReviewInput, administrator, async (ctx, input) => {
  await assignReview(ctx, input);
  refresh();
  return undefined;
});

/** Revokes a connection to a test account, and measures each step. */
export const drill = formAction(runDrillInput, administrator, async (ctx, input) => {
  await runDrill(ctx, input);
  refresh();
  return undefined;
});

/** Tells an inactive person by mail that their connections will be revoked. */
export const tellInactive = formAction(inactivePersonInput, administrator, async (ctx, input) => {
  await notifyInactive(ctx, input);
  refresh();
  return undefined;
});

/** Revokes the connections of an inactive person who was told and stayed silent. */
export const endInactive = formAction(inactivePersonInput, administrator, async (ctx, input) => {
  await revokeInactive(ctx, input);
  refresh();
  return undefined;
});

/** Tells the inactive people of the list, as many as some seconds allow, and answers who is left. */
export const tellAllInactive = formAction(notifyManyInactiveInput, administrator, async (ctx, input) => {
  const data = await notifyManyInactive(ctx, input);
  refresh();
  return { data };
});

/** Revokes what the silent people of the list left, if the number that was shown was typed; answers who is left. */
export const endAllInactive = formAction(
  revokeManyInactiveInput
    .extend({ confirmation: z.string().trim() })
    .refine((form) => form.confirmation === revocationWord(form.expected), {
      path: ['confirmation'],
      message: 'Type the words exactly',
    }),
  administrator,
  async (ctx, { confirmation: _, ...input }) => {
    const data: InactiveBatch & { expected?: number } = await revokeManyInactive(ctx, input);
    refresh();
    return { data };
  },
);
