import { z } from 'zod';
import { requireAdministrator } from '#lib/access/require';
import { revokeConnection } from '#lib/connections/revoke';
import type { Context } from '#lib/context';
import { type ErrorCode, toAppError } from '#lib/errors';
import { reasonText } from '#lib/ledger/reason';
import { parseInput } from '#lib/parse-input';

/** How one of them ended; `code` where it did not end well. */
export interface RevokeOutcome {
  id: string;
  ok: boolean;
  code?: ErrorCode;
}

export const revokeConnectionsInput = z.object({
  ids: z.array(z.string().max(64)).min(1).max(100),
  reason: reasonText,
});
export type RevokeConnectionsInput = z.input<typeof revokeConnectionsInput>;

/**
 * Ends many connections, each on its own: one that fails stops none of the others. For administrators.
 * @throws AppError `unauthenticated`, `forbidden`, `invalid_request`
 */
export async function revokeConnections(ctx: Context, input: RevokeConnectionsInput): Promise<RevokeOutcome[]> {
  requireAdministrator(ctx);
  const { ids, reason } = parseInput(revokeConnectionsInput, input);
  const outcomes: RevokeOutcome[] = [];
  for (const id of new Set(ids)) {
    try {
      await revokeConnection(ctx, { id, reason });
      outcomes.push({ id, ok: true });
    } catch (error) {
      const { code } = toAppError(error);
      if (code === 'internal') ctx.log.error({ event: 'revoke_failed', connection: id, err: error });
      outcomes.push({ id, ok: false, code });
    }
  }
  return outcomes;
}
