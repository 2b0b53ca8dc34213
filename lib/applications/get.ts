import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { applicationColumns, toApplicationView } from '#lib/applications/read-views';
import { requireApplicationReader } from '#lib/applications/require-manager';
import type { ApplicationView } from '#lib/applications/views';
import type { Context } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { AppError } from '#lib/errors';
import { parseInput } from '#lib/parse-input';

export const getApplicationInput = z.object({ id: z.string().max(64) });
export type GetApplicationInput = z.input<typeof getApplicationInput>;

/**
 * One application, for administrators and auditors, and for API keys with `applications:manage`.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`
 */
export async function getApplication(ctx: Context, input: GetApplicationInput): Promise<ApplicationView> {
  requireApplicationReader(ctx);
  const { id } = parseInput(getApplicationInput, input);
  const [row] = await ctx.database.db.select(applicationColumns).from(applications).where(eq(applications.id, id));
  if (!row) throw new AppError('not_found');
  return toApplicationView(row);
}
