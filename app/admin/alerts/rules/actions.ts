'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { resetRule, setRule } from '#lib/alerts/set-rule';
import { formAction } from '#lib/web/action';

const administrator = { role: 'administrator' } as const;

const ofRule = z.object({ rule: z.string().max(64) });

/** Sets numbers of a rule: each field of the form but `rule` is one. */
export const set = formAction(
  ofRule.catchall(
    z
      .string()
      .trim()
      .regex(/^\d{1,9}$/, 'Write a whole number')
      .transform(Number),
  ),
  administrator,
  async (ctx, { rule, ...numbers }) => {
    await setRule(ctx, { rule, numbers });
    refresh();
    return undefined;
  },
);

/** Gives a rule its own numbers again. */
export const reset = formAction(ofRule, administrator, async (ctx, { rule }) => {
  await resetRule(ctx, { rule });
  refresh();
  return undefined;
});
