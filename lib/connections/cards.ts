import { and, desc, eq, ne, or, sql } from 'drizzle-orm';
import { requirePerson } from '#lib/access/require';
import { standingBrakes } from '#lib/connections/brakes';
import {
  connectionColumns,
  describeScopes,
  itsKey,
  itsRevocation,
  itsUse,
  toConnectionView,
} from '#lib/connections/view';
import type { ProviderCardView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { connectionUses } from '#lib/db/schema/connection-uses';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';

/**
 * The person's connections page: a card for each configured provider, in the order the operator gave them, with the
 * person's accounts there. Revoked ones stay while something is still to be said about them: until the provider has
 * confirmed, and for a day.
 */
export async function listProviderCards(ctx: Context): Promise<ProviderCardView[]> {
  requirePerson(ctx);
  const { personId } = ctx.actor;
  const brakes = await standingBrakes(ctx.database.db);
  const paused = (provider: string) =>
    brakes.everything || brakes.providers.includes(provider) || brakes.persons.includes(personId);
  const rows = await ctx.database.db
    .select(connectionColumns)
    .from(connections)
    .leftJoin(revocations, itsRevocation)
    .leftJoin(connectionUses, itsUse)
    .leftJoin(apiKeys, itsKey)
    .where(
      and(
        eq(connections.personId, personId),
        or(
          ne(connections.status, 'revoked'),
          eq(revocations.state, 'pending'),
          sql`${connections.revokedAt} > now() - interval '1 day'`,
        ),
      ),
    )
    .orderBy(desc(connections.createdAt))
    .limit(500);
  const views = rows.map((row) => toConnectionView(ctx, row));
  const configured = ctx.providers.connectable().map(
    (provider): ProviderCardView => ({
      provider: { id: provider.id, name: provider.name, preset: provider.preset ?? 'oidc' },
      scopes: describeScopes(provider, provider.scopes),
      accountParams: provider.account_params.map(({ name, label, pattern, example }) => ({
        name,
        label,
        pattern,
        example,
      })),
      pkce: !provider.dangerously_without_pkce,
      configured: true,
      paused: paused(provider.id),
      connections: views.filter((view) => view.provider.id === provider.id),
    }),
  );
  // A provider that the operator took out: its connections can still be seen and ended.
  const gone = [...new Set(views.map((view) => view.provider.id))].filter((id) => !ctx.providers.get(id));
  return [
    ...configured,
    ...gone.map(
      (id): ProviderCardView => ({
        provider: { id, name: id, preset: 'oidc' },
        scopes: [],
        accountParams: [],
        pkce: true,
        configured: false,
        paused: paused(id),
        connections: views.filter((view) => view.provider.id === id),
      }),
    ),
  ];
}
