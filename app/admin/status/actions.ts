'use server';

import { refresh } from 'next/cache';
import { resumeProvider, resumeProviderInput } from '#lib/provider-calls/provider-stop';
import { formAction } from '#lib/web/action';

/** Lets a provider's refreshes go on, which needs a sign-in of the last minutes. */
export const resume = formAction(resumeProviderInput, { role: 'administrator' }, async (ctx, input) => {
  await resumeProvider(ctx, input);
  refresh();
  return undefined;
});
