import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import type { MetadataChange } from '#lib/db/schema/provider-metadata';
import { moment } from '#lib/reviews/rows';
import type { Span } from '#lib/reviews/task';

/** A provider that was set up or changed here, or of which the metadata changed there, and when that was noticed. */
export interface ProviderChange {
  provider: string;
  at: Date;
  /** `record`: the hub's configuration. `metadata`: the server's own words (RFC 8414). */
  where: 'record' | 'metadata';
}

interface Row extends Record<string, unknown> {
  provider: string;
  at: Date | string;
  where: ProviderChange['where'];
}

/** The changes of providers within a span, the oldest first. The first start and the first look change none. */
export async function providerChanges(ctx: Context, { from, to }: Span): Promise<ProviderChange[]> {
  const rows = rowsOf<Row>(
    await ctx.database.db.execute(sql`
      (select substr(name, 10) as provider, at, 'record' as where from ledger, jsonb_array_elements_text(
          case when jsonb_typeof(details->'changed') = 'array' then details->'changed' else '[]' end) as name
      where action = 'configuration.changed' and at > ${moment(from)} and at <= ${moment(to)}
        and (details->>'first') is distinct from 'true'
        and name like 'provider:%' order by at, id limit 1000)
      union all
      (select provider, seen_at, 'metadata' from provider_metadata
      where seen_at > ${moment(from)} and seen_at <= ${moment(to)} and changes <> '[]'::jsonb
      order by seen_at, id limit 1000)
      order by 2, 3 desc limit 1000`),
  );
  return rows.map(({ provider, at, where }) => ({ provider, at: new Date(at), where }));
}

/** Each changed provider once, with its last change. */
export async function changedProviders(ctx: Context, span: Span): Promise<ProviderChange[]> {
  const changes = await providerChanges(ctx, { ...span, from: new Date(span.from.getTime() - 1) });
  return [...new Map(changes.map((change) => [change.provider, change])).values()];
}

/** A difference in the metadata of a provider. */
export interface MetadataDifference {
  at: Date;
  changes: MetadataChange[];
  /** An endpoint moved to another host, and the hub does not go by it: no administrator accepted it. */
  waits: boolean;
}

/** How the metadata of a provider changed within a span, the newest first. */
export async function metadataChanges(ctx: Context, provider: string, span: Span): Promise<MetadataDifference[]> {
  const rows = rowsOf<{ at: Date | string; changes: MetadataChange[]; waits: boolean }>(
    await ctx.database.db.execute(sql`select seen_at as at, changes, accepted_at is null as waits from provider_metadata
      where provider = ${provider} and seen_at >= ${moment(span.from)} and seen_at <= ${moment(span.to)}
        and changes <> '[]'::jsonb order by seen_at desc, id desc limit 20`),
  );
  return rows.map(({ at, changes, waits }) => ({ at: new Date(at), changes, waits }));
}
