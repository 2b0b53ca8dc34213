'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { beginCheck } from '#lib/audit/begin-check';
import { formAction } from '#lib/web/action';

/** Begins a check of the whole ledger, also against a checkpoint that somebody kept. */
export const verifyNow = formAction(
  z.object({ checkpoint: z.string().max(2_000).default('') }),
  {},
  async (ctx, { checkpoint }) => {
    const begun = beginCheck(ctx, { checkpoints: checkpoint.trim() === '' ? [] : [checkpoint] });
    refresh();
    return { message: begun ? 'The check has begun.' : 'A check is already running.' };
  },
);
