'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { freeze, freezeInput } from '#lib/freezes/freeze';
import { thaw, thawInput } from '#lib/freezes/thaw';
import { formAction } from '#lib/web/action';
import { freezeWord } from '#ui/confirmation';

const administrator = { role: 'administrator' } as const;

/** Sets a freeze. */
export const setFreeze = formAction(
  freezeInput
    .and(z.object({ confirmation: z.string().optional() }))
    .refine(({ scope, confirmation }) => scope !== 'everything' || confirmation === freezeWord, {
      path: ['confirmation'],
      message: `must be “${freezeWord}”`,
    }),
  administrator,
  async (ctx, { confirmation: _typed, ...input }) => {
    await freeze(ctx, input);
    refresh();
    return undefined;
  },
);

/** Lifts a freeze, which needs a sign-in of the last minutes. */
export const liftFreeze = formAction(thawInput, administrator, async (ctx, input) => {
  await thaw(ctx, input);
  refresh();
  return undefined;
});
