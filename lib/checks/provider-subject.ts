import { and, desc, eq, ne } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { beginProbe, resolveProbe } from '#lib/provider-check/begin-probe';
import { checkHosts } from '#lib/provider-check/check-hosts';
import { checkMetadata, type SeenMetadata } from '#lib/provider-check/check-metadata';
import type { Probe, ResolvedProbe } from '#lib/provider-check/probe';
import type { Finding } from '#lib/provider-check/report';
import type { ProviderRecord } from '#lib/providers/record';

/** The calls for all checks of one provider end after so many milliseconds. */
const longestMs = 30_000;

/** A provider as its checks look at it: each call is made once, by the first check that needs it. */
export interface ProviderSubject {
  ctx: Context;
  provider: ProviderRecord;
  probe: Probe;
  /** The endpoints that a flow would use now; a finding where these are not known. */
  endpoints(): Promise<ResolvedProbe | Finding>;
  /** The server's metadata, read anew. */
  metadata(): Promise<SeenMetadata>;
  /** DNS, connection and certificate of each host of the record. */
  hosts(): Promise<Finding[]>;
}

/** The same work for all who ask: it is begun by the first. */
export const memoized = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let running: Promise<T> | undefined;
  return () => {
    running ??= work();
    return running;
  };
};

/** The account-specific parts of a connection that there is: a record's addresses may need some. */
async function partsOfAConnection(ctx: Context, { id, account_params }: ProviderRecord) {
  if (account_params.length === 0) return {};
  const [row] = await ctx.database.db
    .select({ accountParams: connections.accountParams })
    .from(connections)
    .where(and(eq(connections.provider, id), ne(connections.status, 'revoked')))
    .orderBy(desc(connections.createdAt))
    .limit(1);
  return row?.accountParams ?? {};
}

/** Makes a provider ready for its checks; nothing is asked of it yet. */
export async function providerSubject(ctx: Context, provider: ProviderRecord): Promise<ProviderSubject> {
  const parts = await partsOfAConnection(ctx, provider);
  const probe = beginProbe(ctx, provider, parts, { signal: AbortSignal.timeout(longestMs), received: [] });
  return {
    ctx,
    provider,
    probe,
    endpoints: memoized(() => resolveProbe(probe)),
    metadata: memoized(() => checkMetadata(probe)),
    hosts: memoized(() => checkHosts(probe)),
  };
}
