'use server';

import { refresh } from 'next/cache';
import { checkProviderForm, startProviderCheck } from '#lib/provider-check/check-provider';
import { formAction } from '#lib/web/action';

/** Begins to check a provider. The page shows each result as it comes. */
export const check = formAction(checkProviderForm, { role: 'administrator' }, async (ctx, input) => {
  await startProviderCheck(ctx, input);
  refresh();
  return undefined;
});
