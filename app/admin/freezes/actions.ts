'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { freeze, freezeInput } from '#lib/freezes/freeze';
import { thaw, thawInput } from '#lib/freezes/thaw';
import { formAction } from '#lib/web/action';
import { freezeWord } from '#ui/confirmation';

const administrator = { role: 'administrator' } as const;

/** Pulls a brake. */
export const pullBrake = formAction(
  freezeInput.and(z.object({ confirmation: z.literal(freezeWord) })),
  administrator,
  async (ctx, input) => {
    await freeze(ctx, input);
    refresh();
    return undefined;
  },
);

/** Lifts a brake, which needs a sign-in of the last minutes. */
export const liftBrake = formAction(thawInput, administrator, async (ctx, input) => {
  await thaw(ctx, input);
  refresh();
  return undefined;
});
