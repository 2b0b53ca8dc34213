import { and, eq } from 'drizzle-orm';
import { backToApplication } from '#lib/connect-sessions/back-to-application';
import { openConnectSession } from '#lib/connect-sessions/open';
import { standingFreezes } from '#lib/connections/freezes';
import { describeScopes } from '#lib/connections/read-views';
import type { AccountParamView, ScopeView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';

/** A provider that the person of a connect session may choose. */
export interface OfferedProvider {
  provider: { id: string; name: string; preset: string };
  scopes: ScopeView[];
  /** Asked of the person; a connection that is reconnected has them already. */
  accountParams: AccountParamView[];
  /** A freeze stands over it: nothing can be connected now. */
  paused: boolean;
}

/** What the page of a link shows. */
export interface ConnectSessionPage {
  application: { id: string; name: string; contact: string; hasLogo: boolean; hasColours: boolean };
  /** The name by which the application knows the person, where it gave one. */
  label: string | null;
  /** The account to reconnect; null where a new one is connected. */
  reconnects: { label: string } | null;
  /** A device asked, which shows a code; the person ends on a page of the hub. */
  device: boolean;
  /** The site that the person comes back to. */
  site: string;
  /** Back to the application without connecting. */
  decline: string;
  offered: OfferedProvider[];
}

async function labelOf(ctx: Context, personId: string, id: string | null): Promise<{ label: string } | null> {
  if (id === null) return null;
  const [row] = await ctx.database.db
    .select({ label: connections.label, subject: connections.subject })
    .from(connections)
    .where(and(eq(connections.personId, personId), eq(connections.id, id)));
  return row ? { label: row.label ?? row.subject } : null;
}

/** What a link leads to, for its page. @throws AppError `connect_session_over` */
export async function describeConnectSession(ctx: Context, token: string): Promise<ConnectSessionPage> {
  const session = await openConnectSession(ctx, token);
  const freezes = await standingFreezes(ctx.database.db);
  const frozen = freezes.everything || freezes.persons.includes(session.person.id);
  const reconnects = await labelOf(ctx, session.person.id, session.connectionId);
  return {
    application: session.application,
    label: session.person.label,
    reconnects,
    site: new URL(session.returnUrl).host,
    device: session.device,
    decline: backToApplication(session.returnUrl, { session: session.id, error: 'access_denied' }),
    offered: session.providers.flatMap((id) => {
      const provider = ctx.providers.get(id);
      if (!provider?.connect) return [];
      return {
        provider: { id, name: provider.name, preset: provider.preset ?? 'oidc' },
        scopes: describeScopes(provider, session.scopes(id)),
        accountParams: reconnects ? [] : [...provider.account_params],
        paused: frozen || freezes.providers.includes(id),
      };
    }),
  };
}
