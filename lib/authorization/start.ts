import { and, eq, ne } from 'drizzle-orm';
import { z } from 'zod';
import { askedScopes, authorizationLocation } from '#lib/authorization/authorization-location';
import type { FlowBinding, FlowDetails } from '#lib/authorization/flow';
import { saveFlow } from '#lib/authorization/flow-rows';
import { assertOwnAuthorizationEndpoint } from '#lib/authorization/own-origins';
import { fromProtocolError } from '#lib/authorization/protocol-error';
import { tracePage } from '#lib/authorization/traced-flow';
import { readPart } from '#lib/config/account-part';
import { templatesOf } from '#lib/config/provider-parts';
import { extendConnectSession, type OpenConnectSession, openConnectSession } from '#lib/connect-sessions/open';
import { assertNotFrozen, isFrozen } from '#lib/connections/frozen';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { followFlow } from '#lib/flow-trace/follow-flow';
import type { TraceLink } from '#lib/flow-trace/trace';
import { requireAdministrator, requirePerson } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import type { WantedAccount } from '#lib/oauth/account-choice';
import { createFlowSecrets } from '#lib/oauth/authorization-request';
import { pushAuthorization, pushes } from '#lib/oauth/push-authorization';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import type { ProviderRecord } from '#lib/providers/record';
import { stepUpProvider } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

export const startFlowInput = z.object({
  intent: z.enum(['sign_in', 'step_up', 'connect', 'reconnect']),
  provider: z.string().max(64).optional(),
  /** The connection to reconnect; its provider and account-specific parts are taken. */
  connectionId: z.string().max(64).optional(),
  /** A path on this hub, checked already. */
  returnTo: z.string(),
  accountParams: z.record(z.string(), z.string().max(300)).default({}),
  /** The secret of a connect session's link, which stands for its person. */
  connectSession: z.string().max(100).optional(),
  /** That secret is of a browser that opened the page of a person's connections, where they chose `connectionId`. */
  managing: z.boolean().optional(),
  /** For administrators: tells each step of it afterwards, and says what becomes of the connection. */
  trace: z.enum(['keep', 'revoke', 'code_twice']).optional(),
});
export type StartFlowInput = z.infer<typeof startFlowInput>;

/** The address to send the browser to, and what binds the flow to it, for its cookie. */
export interface StartedFlow {
  location: URL;
  binding: FlowBinding;
}

async function loadOwn(ctx: Context, personId: string, id: string) {
  const [row] = await ctx.database.db
    .select({
      provider: connections.provider,
      accountParams: connections.accountParams,
      status: connections.status,
      label: connections.label,
      subject: connections.subject,
      frozen: isFrozen,
    })
    .from(connections)
    .where(and(eq(connections.personId, personId), eq(connections.id, id)));
  if (!row) throw new AppError('not_found');
  if (row.status === 'revoked') throw new AppError('revoked');
  if (row.frozen) throw new AppError('frozen');
  return row;
}

/** Whether the person has a live account there already, so that connecting means another one. */
async function hasAccount(ctx: Context, personId: string, provider: string): Promise<boolean> {
  const own = and(eq(connections.personId, personId), eq(connections.provider, provider));
  const live = and(own, ne(connections.status, 'revoked'));
  return (await ctx.database.db.select({ id: connections.id }).from(connections).where(live).limit(1)).length > 0;
}

function accountParamsFor(
  provider: ProviderRecord,
  stored: Record<string, string> | undefined,
  asked: Record<string, string>,
): Record<string, string> {
  const given = stored ?? asked;
  const values: Record<string, string> = {};
  const templates = templatesOf(provider).map(([, text]) => text);
  for (const param of provider.account_params) {
    const value = readPart(param, given[param.name] ?? '', templates);
    if (value === null) {
      throw new AppError('account_part_invalid', {
        message: `${param.label} does not look right. An example: ${param.example}`,
        issues: [{ path: `account_params.${param.name}`, message: `Give it as in ${param.example}` }],
      });
    }
    values[param.name] = value;
  }
  // A connection's own server is asked again; who connects anew is asked by the first one.
  for (const { name } of provider.redirect_parts) {
    const value = stored?.[name];
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** What becomes of the connection: it has to end where its code is shown twice. */
const linkOf = (trace: 'keep' | 'revoke' | 'code_twice'): Omit<TraceLink, 'id'> =>
  trace === 'code_twice' ? { afterwards: 'revoke', codeTwice: true } : { afterwards: trace };

/** The person that connects, or undefined where a flow only signs in. */
interface Connecting {
  personId: string;
  /** Theirs is a browser without a session here: an application vouches for it. */
  guest?: OpenConnectSession | undefined;
}

/** Who connects by this flow, and what may be chosen for them. @throws AppError as `startFlow` */
async function whoConnects(ctx: Context, input: StartFlowInput): Promise<Connecting | undefined> {
  if (input.connectSession !== undefined) {
    if (input.intent !== 'connect' || input.trace) throw new AppError('invalid_request');
    const { connectionId, managing: manage = false } = input;
    if (manage && !connectionId) throw new AppError('invalid_request');
    const session = await openConnectSession(ctx, input.connectSession, { manage });
    const guest = manage ? { ...session, connectionId: connectionId ?? null } : session;
    if (!guest.providers.includes(input.provider ?? '')) throw new AppError('unknown_provider');
    return { personId: guest.person.id, guest };
  }
  if (input.intent === 'sign_in') return undefined;
  requirePerson(ctx);
  return input.intent === 'step_up' ? undefined : { personId: ctx.actor.personId };
}

/**
 * Begins a flow: chooses provider and scopes, makes the secrets, pins issuer and endpoints.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `not_found`, `unknown_provider`, `revoked`, `frozen`, `invalid_request`,
 *   `connect_session_over`, `provider_unavailable` or `provider_configuration`
 */
export async function startFlow(caller: Context, input: StartFlowInput): Promise<StartedFlow> {
  const connecting = await whoConnects(caller, input);
  const guest = connecting?.guest;
  // Who may be signed in to the hub in the same browser is not the application's person.
  const ctx: Context = guest ? { ...caller, actor: { type: 'anonymous' } } : caller;
  const intent = guest?.connectionId ? 'reconnect' : input.intent;
  if (input.trace && intent !== 'connect') throw new AppError('invalid_request');
  // Before anything is asked of the provider.
  if (input.trace) requireAdministrator(ctx);
  // Only one that is found to be the person's own: neither flow nor ledger takes an id from a form.
  const wanted = guest ? guest.connectionId : (input.connectionId ?? '');
  const existing =
    intent === 'reconnect' && connecting ? await loadOwn(ctx, connecting.personId, wanted ?? '') : undefined;
  // An application may have lost a provider that one of its people is still connected to.
  if (guest && existing && existing.provider !== input.provider) throw new AppError('unknown_provider');
  const own = intent === 'step_up' ? await stepUpProvider(ctx) : existing?.provider;
  const provider = ctx.providers.get(own ?? input.provider ?? '');
  const offered = connecting ? provider?.connect : provider?.sign_in;
  if (!provider || !offered) throw new AppError('unknown_provider');
  if (input.trace === 'code_twice' && !provider.failure_scenarios) throw new AppError('invalid_request');
  if (connecting) await assertNotFrozen(ctx, { provider: provider.id, personId: connecting.personId });

  const accountParams = accountParamsFor(provider, existing?.accountParams, input.accountParams);
  const another = intent === 'connect' && connecting && (await hasAccount(ctx, connecting.personId, provider.id));
  const account: WantedAccount | undefined = another ? { another } : existing;
  const scopes = guest?.scopes(provider.id) ?? askedScopes(provider, intent);
  const secrets = await createFlowSecrets();
  let location: URL;
  let pinned: FlowDetails['pinned'];
  try {
    pinned = await resolveEndpoints(provider, ctx, accountParams);
    assertOwnAuthorizationEndpoint(ctx.providers, provider, pinned);
    const asked = { intent, secrets, accountParams, account, scopes };
    const request = authorizationLocation(ctx, provider, pinned, asked);
    location = pushes(pinned) ? await pushAuthorization(provider, pinned, request, ctx) : request;
  } catch (error) {
    throw fromProtocolError(error);
  }
  const trace = input.trace
    ? { id: await followFlow(ctx, { ...secrets, provider: provider.id, location }), ...linkOf(input.trace) }
    : null;
  const connectionId = existing ? wanted : null;
  const sessionId = ctx.actor.type === 'person' ? ctx.actor.sessionId : null;
  const returnTo = trace ? tracePage(provider.id, trace.id) : (guest?.returnUrl ?? input.returnTo);
  const connectSession = guest ? { id: guest.id, personId: guest.person.id } : null;
  const of = { provider: provider.id, intent, connectionId, sessionId, connectSession };
  await transactAs(ctx, async (tx) => {
    const { client_id: clientId } = provider;
    await saveFlow(ctx, tx, secrets.state, { ...of, pinned, clientId, scopes, accountParams, returnTo, trace });
    if (guest) await extendConnectSession(tx, guest.id);
    if (!connecting) return;
    await record(tx, ctx, {
      action: 'flow.started',
      personId: connecting.personId,
      provider: provider.id,
      connectionId,
      details: { intent, scopes, ...(guest ? { connect_session: guest.id } : {}) },
    });
  });
  return {
    location,
    binding: {
      state: secrets.state,
      nonce: secrets.nonce,
      verifier: provider.dangerously_without_pkce ? null : secrets.verifier,
      startedAt: ctx.now().getTime(),
    },
  };
}
