'use server';

import { refresh } from 'next/cache';
import { formAction } from '#lib/http/action';
import { checkProviderForm, startProviderCheck } from '#lib/provider-check/check-provider';

/** Begins to check a provider; the page shows what is found as it is found. */
export const check = formAction(checkProviderForm, { role: 'administrator' }, async (ctx, input) => {
  await startProviderCheck(ctx, input);
  refresh();
  return undefined;
});
