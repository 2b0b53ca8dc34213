import { endConnectSession } from '#lib/connect-sessions/end';
import { type ConnectSessionInput, ownConnectSession } from '#lib/connect-sessions/get';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';

/**
 * Ends a session of the key's own application before its time; a grant that it holds is revoked at the provider. A second
 * call changes nothing.
 * @throws AppError as `ownConnectSession`, and `conflict` for one that was completed: its connection can be revoked
 */
export async function cancelConnectSession(ctx: Context, input: ConnectSessionInput): Promise<void> {
  const { id, status } = await ownConnectSession(ctx, input);
  const ended = await endConnectSession(ctx, id, { status: 'cancelled', error: null });
  if (ended || status !== 'completed') return;
  throw new AppError('conflict', { message: 'This session was completed. Revoke its connection instead.' });
}
