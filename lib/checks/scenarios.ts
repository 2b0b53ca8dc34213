import { and, desc, eq, isNotNull, lt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { limitRate } from '#lib/api-keys/rate-limit';
import { providerSubject } from '#lib/checks/provider-subject';
import { hostWithPort } from '#lib/config/address-class';
import { openTokens, sealedColumns } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import type { CheckOutcome } from '#lib/db/schema/checks';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { knownScopes } from '#lib/flow-trace/mask';
import { recordSteps } from '#lib/flow-trace/record-steps';
import type { TraceStep } from '#lib/flow-trace/trace';
import { requireAdministrator } from '#lib/guards/require';
import { newSecret } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { lookUp } from '#lib/oauth/look-up';
import { isOAuthError } from '#lib/oauth/types';
import { parseInput } from '#lib/parse-input';
import { askAuthorization, refusals } from '#lib/provider-check/check-authorization';
import { identityUrl } from '#lib/provider-check/check-identity';
import { clean, type ResolvedProbe, secretsOf } from '#lib/provider-check/probe';
import { transactAs } from '#lib/sign-in/transact-as';

/** The playbook's failure scenarios that need no person. The one that shows a code twice is a traced flow. */
const scenarioNames = {
  tampered_state: 'A tampered state',
  changed_redirect_uri: 'A changed redirect URI',
  expired_token: 'An expired access token',
} as const;
export type ScenarioId = keyof typeof scenarioNames;

/** What somebody did in a scenario, in words. */
interface Ending {
  result: CheckOutcome;
  /** What the authorization server did, or the API. */
  server: string;
  /** What the hub did. */
  hub: string;
}

/** A scenario with each request and answer, masked. */
export interface ScenarioView extends Ending {
  id: ScenarioId;
  name: string;
  steps: TraceStep[];
}

type Recorder = ReturnType<typeof recordSteps>;
/** `hide` takes a secret that the steps may not show. */
type Play = (probe: ResolvedProbe, recorder: Recorder, hide: (secret: string) => void) => Promise<Ending>;

const notAsked = 'It was not asked.';
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'failed');

/** An answer with a state that the hub never made, at the hub's own callback, as any browser could bring it. */
const tamperedState: Play = async ({ ctx, redirectUri }, recorder) => {
  const url = new URL(redirectUri);
  url.search = new URLSearchParams({ code: newSecret(), state: newSecret() }).toString();
  const operatorHosts = [hostWithPort(ctx.config.appUrl)];
  try {
    const { status } = await recorder.fetch(url, { operatorHosts, showRedirect: true });
    const refused = status >= 400 && status < 500;
    return refused
      ? { result: 'passes', server: notAsked, hub: `It refused the answer with status ${status}, and sent no code on.` }
      : { result: 'fails', server: notAsked, hub: `It took the answer, with status ${status}.` };
  } catch (error) {
    const hub = `This machine does not reach the hub at its own address (${codeOf(error)}).`;
    return { result: 'unknown', server: notAsked, hub };
  }
};

/** The authorization request with another redirect URI than the registered one. */
const changedRedirectUri: Play = async (probe, recorder) => {
  const hub = 'It sends its one registered redirect URI only. This request was made for the scenario.';
  const changed = `${probe.redirectUri}/changed`;
  try {
    const seen = await askAuthorization({ ...probe, redirectUri: changed, fetch: recorder.fetch });
    const { location, status, text } = seen;
    const code = refusals.exec(text)?.[1] ?? location?.searchParams.get('error') ?? null;
    if (location && `${location.origin}${location.pathname}` === changed)
      return { result: 'fails', server: 'It sent the browser to the changed redirect URI.', hub };
    if (status >= 400 || code !== null || /(^|\/)error(\/|$)/i.test(location?.pathname ?? ''))
      return {
        result: 'passes',
        server: `It refused the request${code ? ` with ${code}` : ` with status ${status}`}.`,
        hub,
      };
    return { result: 'unknown', server: 'It asks the person first. Only a sign-in shows what it does then.', hub };
  } catch (error) {
    if (!isOAuthError(error)) throw error;
    const refused = /^http_4/.test(error.cause instanceof Error ? error.cause.message : '');
    if (refused) return { result: 'passes', server: 'It refused the request.', hub };
    return { result: 'unknown', server: `It gave no answer that tells (${error.code}).`, hub };
  }
};

/** An access token of this provider that ended minutes ago by the hub's reckoning; null where there is none. */
async function expiredToken({ ctx, provider }: ResolvedProbe): Promise<string | null> {
  const [row] = await ctx.database.db
    .select(sealedColumns)
    .from(connections)
    .where(
      and(
        eq(connections.provider, provider.id),
        eq(connections.status, 'connected'),
        isNotNull(connections.accessToken),
        lt(connections.accessTokenExpiresAt, sql`clock_timestamp() - interval '2 minutes'`),
      ),
    )
    .orderBy(desc(connections.accessTokenExpiresAt))
    .limit(1);
  return row ? openTokens(ctx, row).accessToken : null;
}

/** A token that has ended, at the address where the hub learns the account of a token. */
const expiredTokenAtTheApi: Play = async (probe, recorder, hide) => {
  const { provider, parts } = probe;
  const url = identityUrl(probe);
  const hub = 'It hands out no expired token: it refreshes it first, or refuses.';
  if (url === null) return { result: 'unknown', server: 'No address of it is known that takes an access token.', hub };
  const expired = await expiredToken(probe);
  // A record may show it in a header or under a name that says nothing, and the server may repeat it.
  if (expired !== null) hide(expired);
  const which = expired === null ? 'a made-up token, since the hub holds no expired one' : 'the expired token';
  try {
    const given = { token: expired ?? newSecret(), values: parts };
    await lookUp(provider, url, provider.identity, given, { ...probe.deps, fetch: recorder.fetch });
    return { result: 'fails', server: `It took ${which}.`, hub };
  } catch (error) {
    if (!isOAuthError(error)) throw error;
    const status = error.cause instanceof Error ? error.cause.message : '';
    if (error.code === 'token_rejected' || /^http_40[0134]$/.test(status))
      return { result: expired === null ? 'unknown' : 'passes', server: `It refused ${which}.`, hub };
    return { result: 'unknown', server: `It gave no answer that tells (${error.code}).`, hub };
  }
};

const plays: Record<ScenarioId, Play> = {
  tampered_state: tamperedState,
  changed_redirect_uri: changedRedirectUri,
  expired_token: expiredTokenAtTheApi,
};

/** An answer to a token that should have been refused is somebody's profile: only that it came is told. */
const withoutProfile = (step: TraceStep): TraceStep =>
  step.received && typeof step.status === 'number' && step.status < 400 ? { ...step, received: null } : step;

export const scenariosInput = z.object({ provider: z.string().max(64) });

/**
 * Plays the failure scenarios against a provider of which the record allows it, and answers each request and answer with its
 * secrets masked. No grant begins or ends by it.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_request`, `unknown_provider`, `rate_limited`
 */
export async function playScenarios(ctx: Context, input: z.input<typeof scenariosInput>): Promise<ScenarioView[]> {
  requireAdministrator(ctx);
  const provider = ctx.providers.get(parseInput(scenariosInput, input).provider);
  if (!provider) throw new AppError('unknown_provider');
  if (!provider.failure_scenarios)
    throw new AppError('invalid_request', { message: 'The record of this provider does not allow failure scenarios.' });
  await limitRate(ctx, 'provider_check');
  const subject = await providerSubject(ctx, provider);
  const found = await subject.endpoints();
  const secrets = [...secretsOf(provider)];
  const hide = (secret: string) => void secrets.push(secret);
  const views: ScenarioView[] = [];
  for (const [id, play] of Object.entries(plays) as [ScenarioId, Play][]) {
    const recorder = recordSteps(subject.probe.fetch, ctx.now);
    const ending =
      'pinned' in found
        ? await play(found, recorder, hide)
        : { result: 'unknown' as const, server: found.found, hub: 'It does not know where to ask.' };
    const { result, server, hub } = ending;
    const steps = recorder.shown(secrets, knownScopes(provider)).map(withoutProfile);
    views.push({
      id,
      name: scenarioNames[id],
      result,
      server: clean(server, secrets),
      hub: clean(hub, secrets),
      steps,
    });
  }
  const of = (result: CheckOutcome) => views.filter((view) => view.result === result).map(({ id }) => id);
  await transactAs(ctx, (tx) =>
    record(tx, ctx, {
      action: 'checks.scenarios_played',
      outcome: of('fails').length > 0 ? 'failed' : 'ok',
      provider: provider.id,
      details: { passes: of('passes'), failed: of('fails'), unknown: of('unknown') },
    }),
  );
  return views;
}
