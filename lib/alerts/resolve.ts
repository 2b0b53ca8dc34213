import { type ChangeAlertInput, changeState } from '#lib/alerts/change-state';
import type { Context } from '#lib/context';

/**
 * Ends an alert by hand. The next finding opens another.
 * @throws AppError `forbidden` unless an administrator asks, `not_found`, `conflict` where it is over already
 */
export function resolveAlert(ctx: Context, input: ChangeAlertInput): Promise<void> {
  return changeState(ctx, input, {
    kind: 'resolved',
    from: ['open', 'acknowledged'],
    set: { state: 'resolved', mailDueAt: null },
  });
}
