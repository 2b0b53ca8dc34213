'use server';

import { refresh } from 'next/cache';
import { runChecksInput, startChecks } from '#lib/checks/run-checks';
import { formAction } from '#lib/web/action';

/** Begins the security checks. The page shows each result as it comes. */
export const run = formAction(runChecksInput, { role: 'administrator' }, async (ctx, input) => {
  await startChecks(ctx, input);
  refresh();
  return undefined;
});
