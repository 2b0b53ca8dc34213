import { z } from 'zod';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { parseInput } from '#lib/parse-input';
import { type InactiveBatch, inactivePeopleInput, inBatch } from '#lib/reviews/inactive-batch';
import { notifyInactive } from '#lib/reviews/notify-inactive';

export const notifyManyInactiveInput = z.object({ people: inactivePeopleInput });
export type NotifyManyInactiveInput = z.input<typeof notifyManyInactiveInput>;

/**
 * Tells the inactive people of a list by mail, one after the other, for some seconds. Ask again with the people who are left.
 * @throws AppError as `notifyInactive`, where the fault is not one person's
 */
export async function notifyManyInactive(ctx: Context, input: NotifyManyInactiveInput): Promise<InactiveBatch> {
  requireAdministrator(ctx);
  const { people } = parseInput(notifyManyInactiveInput, input);
  if (!ctx.config.mail) throw new AppError('conflict', { message: 'This hub sends no mail: SMTP_URL is not set.' });
  return inBatch(people, (person) => notifyInactive(ctx, { person }));
}
