import { type ChangeAlertInput, changeState } from '#lib/alerts/change-state';
import type { Context } from '#lib/context';

/**
 * Says that somebody is looking into it: it is no longer counted as open, and goes on until it is resolved.
 * @throws AppError `forbidden` unless an administrator asks, `not_found`, `conflict` where it is not open
 */
export function acknowledgeAlert(ctx: Context, input: ChangeAlertInput): Promise<void> {
  return changeState(ctx, input, { kind: 'acknowledged', from: ['open'], set: { state: 'acknowledged' } });
}
