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
  /** For administrators: tells each step of it afterwards, and says what becomes of the connection. */
  trace: z.enum(['keep', 'revoke', 'code_twice']).optional(),
});
export type StartFlowInput = z.infer<typeof startFlowInput>;

/** The address to send the browser to, and what binds the flow to it, for its cookie. */
export interface StartedFlow {
  location: URL;
  binding: FlowBinding;
}

async function loadOwn(ctx: Context & { actor: { type: 'person'; personId: string } }, id: string) {
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
    .where(and(eq(connections.personId, ctx.actor.personId), eq(connections.id, id)));
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

/**
 * Begins a flow: chooses provider and scopes, makes the secrets, pins issuer and endpoints.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `not_found`, `unknown_provider`, `revoked`, `frozen`, `invalid_request`,
 *   `provider_unavailable` or `provider_configuration`
 */
export async function startFlow(ctx: Context, input: StartFlowInput): Promise<StartedFlow> {
  // Stepping up is signing in once more, where one is signed in.
  const signingIn = input.intent === 'sign_in' || input.intent === 'step_up';
  if (input.intent !== 'sign_in') requirePerson(ctx);
  if (input.trace && input.intent !== 'connect') throw new AppError('invalid_request');
  // Before anything is asked of the provider.
  if (input.trace) requireAdministrator(ctx);
  const { actor } = ctx;
  const existing =
    input.intent === 'reconnect' && actor.type === 'person'
      ? await loadOwn({ ...ctx, actor }, input.connectionId ?? '')
      : undefined;
  const own = input.intent === 'step_up' ? await stepUpProvider(ctx) : existing?.provider;
  const provider = ctx.providers.get(own ?? input.provider ?? '');
  const offered = signingIn ? provider?.sign_in : provider?.connect;
  if (!provider || !offered) throw new AppError('unknown_provider');
  if (input.trace === 'code_twice' && !provider.failure_scenarios) throw new AppError('invalid_request');

  if (actor.type === 'person' && !signingIn)
    await assertNotFrozen(ctx, { provider: provider.id, personId: actor.personId });

  const accountParams = accountParamsFor(provider, existing?.accountParams, input.accountParams);
  const another =
    input.intent === 'connect' && actor.type === 'person' && (await hasAccount(ctx, actor.personId, provider.id));
  const account: WantedAccount | undefined = another ? { another } : existing;
  const scopes = askedScopes(provider, input.intent);
  const secrets = await createFlowSecrets();
  let location: URL;
  let pinned: FlowDetails['pinned'];
  try {
    pinned = await resolveEndpoints(provider, ctx, accountParams);
    assertOwnAuthorizationEndpoint(ctx.providers, provider, pinned);
    location = authorizationLocation(ctx, provider, pinned, { intent: input.intent, secrets, accountParams, account });
  } catch (error) {
    throw fromProtocolError(error);
  }
  const trace = input.trace
    ? { id: await followFlow(ctx, { ...secrets, provider: provider.id, location }), ...linkOf(input.trace) }
    : null;
  // Only one that was found to be the person's own: neither flow nor ledger takes an id from a form.
  const connectionId = existing ? (input.connectionId ?? null) : null;
  const sessionId = actor.type === 'person' ? actor.sessionId : null;
  const returnTo = trace ? tracePage(provider.id, trace.id) : input.returnTo;
  const { intent } = input;
  const of = { provider: provider.id, intent, connectionId, sessionId };
  await transactAs(ctx, async (tx) => {
    await saveFlow(ctx, tx, secrets.state, { ...of, pinned, scopes, accountParams, returnTo, trace });
    if (actor.type !== 'person' || signingIn) return;
    await record(tx, ctx, {
      action: 'flow.started',
      provider: provider.id,
      connectionId,
      details: { intent, scopes },
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
