import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { requireReader } from '#lib/guards/require';

/** What makes a new hub useful and safe, in the order in which to do it. */
const firstSteps = ['sign_in', 'provider', 'account', 'api_key', 'mail', 'webhook', 'backup'] as const;
export type FirstStep = (typeof firstSteps)[number];

/** `unknown`: the hub cannot see whether it was done. */
export interface FirstStepView {
  step: FirstStep;
  state: 'done' | 'open' | 'unknown';
}

interface Found extends Record<string, unknown> {
  account: boolean;
  api_key: boolean;
  webhook: boolean;
}

/**
 * The first steps of a hub that was set up lately: none once it has a provider, an account and a key.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listFirstSteps(ctx: Context): Promise<FirstStepView[]> {
  requireReader(ctx);
  const [found] = rowsOf<Found>(
    await ctx.database.db.execute(sql`select exists (select 1 from connections) as account,
      exists (select 1 from api_keys) as api_key, exists (select 1 from webhook_endpoints) as webhook`),
  );
  const { config, providers } = ctx;
  const done: Record<Exclude<FirstStep, 'backup'>, boolean> = {
    sign_in: config.signInAllow.length > 0,
    provider: providers.connectable().length > 0,
    account: found?.account ?? false,
    api_key: found?.api_key ?? false,
    mail: config.mail !== undefined,
    webhook: found?.webhook ?? false,
  };
  if (done.provider && done.account && done.api_key) return [];
  return firstSteps.map((step) => ({
    step,
    state: step === 'backup' ? 'unknown' : done[step] ? 'done' : 'open',
  }));
}
