import type { CompletedConnect } from '#lib/authorization/complete';
import type { Flow } from '#lib/authorization/flow';
import type { Context } from '#lib/context';
import { type Follower, followEnd } from '#lib/flow-trace/follow-flow';
import { readTrace } from '#lib/flow-trace/store-trace';
import type { FlowTrace } from '#lib/flow-trace/trace';
import { getBlastRadius } from '#lib/revocation/blast-radius';
import { revokeConnection } from '#lib/revocation/revoke';

/** Where a traced flow comes back to, and where its trace is shown. */
export const tracePage = (provider: string, trace: string): string =>
  `/admin/providers/${encodeURIComponent(provider)}?${new URLSearchParams({ trace })}#trace`;

/** Follows the end of a flow that is to be told; undefined for every other, and where its trace is over. */
export async function followFlow(
  ctx: Context,
  { trace, pinned, ...flow }: Flow,
  redirect: URL,
): Promise<Follower | undefined> {
  if (!trace) return undefined;
  try {
    const begun = await readTrace(ctx, trace.id);
    const about = { ...flow, location: null, tokenEndpoint: pinned.token_endpoint };
    return begun ? followEnd(ctx, trace, about, { redirect, begun }) : undefined;
  } catch (error) {
    // A trace is worth less than the flow that it tells of.
    ctx.log.error({ event: 'flow_trace_failed', request_id: ctx.requestId, err: error });
    return undefined;
  }
}

/**
 * Revokes the connection of a traced flow where that was asked for: one that was there before stays, and so does one with
 * which others would end.
 */
export async function settleTraced(
  ctx: Context,
  { trace }: Flow,
  completed: CompletedConnect,
): Promise<FlowTrace['kept']> {
  if (trace?.afterwards !== 'revoke') return 'kept';
  const id = completed.connectionId;
  try {
    if (!completed.created) return 'not_revoked';
    const { connections, more } = await getBlastRadius(ctx, { id });
    if (connections.length > 0 || more > 0) return 'not_revoked';
    await revokeConnection(ctx, { id, reason: 'made to check the provider' });
    return 'revoked';
  } catch (error) {
    ctx.log.error({ event: 'flow_trace_failed', request_id: ctx.requestId, err: error });
    return 'not_revoked';
  }
}
