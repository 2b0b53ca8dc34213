import { requireAdministrator } from '#lib/access/require';
import { revokeConnection } from '#lib/connections/revoke';
import type { Context } from '#lib/context';
import { type ErrorCode, toAppError } from '#lib/errors';

export interface RevokeOutcome {
  id: string;
  ok: boolean;
  code?: ErrorCode;
}

/** Ends many connections, each on its own: one that fails stops none of the others. For administrators. */
export async function revokeConnections(
  ctx: Context,
  input: { ids: readonly string[]; reason: string },
): Promise<RevokeOutcome[]> {
  requireAdministrator(ctx);
  const outcomes: RevokeOutcome[] = [];
  for (const id of new Set(input.ids)) {
    try {
      await revokeConnection(ctx, { id, reason: input.reason });
      outcomes.push({ id, ok: true });
    } catch (error) {
      const { code } = toAppError(error);
      if (code === 'internal') ctx.log.error({ event: 'revoke_failed', connection: id, err: error });
      outcomes.push({ id, ok: false, code });
    }
  }
  return outcomes;
}
