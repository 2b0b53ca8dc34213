import { completeFlow, type FailedFlow } from '#lib/authorization/complete';
import { redirectUri } from '#lib/authorization/redirect-uri';
import { type StartFlowInput, startFlow } from '#lib/authorization/start';
import type { Actor, Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { newId, personOfConnection } from '#lib/ids';
import type { ProviderRecord } from '#lib/providers/record';
import { consentUnattended } from '#lib/reviews/consent-unattended';
import { endSession } from '#lib/sign-in/end-session';
import { resolveSession } from '#lib/sign-in/sessions';

/** The provider at which the drill's person signs in; undefined where a person is needed for that. */
const signInOf = (ctx: Context): ProviderRecord | undefined =>
  ctx.providers.list().find(({ sign_in, drill_consent }) => sign_in && drill_consent.length > 0);

/** Providers at which the hub makes a grant for a drill without a person: their records say how, and so does one for signing in. */
export function listUnattendedDrills(ctx: Context): ReadonlySet<string> {
  if (!signInOf(ctx)) return new Set();
  const able = ctx.providers.list().filter(({ connect, drill_consent }) => connect && drill_consent.length > 0);
  return new Set(able.map(({ id }) => id));
}

/** The hub's own way from the start of a flow to its end, with the drill in place of the browser. */
async function flowOf(ctx: Context, provider: ProviderRecord, intent: StartFlowInput['intent']) {
  const { location, binding } = await startFlow(ctx, {
    ...{ intent, provider: provider.id, returnTo: '/', accountParams: {} },
  });
  const url = await consentUnattended(ctx, provider, { location, redirectUri: redirectUri(ctx, provider) });
  const ended = await completeFlow(ctx, {
    url,
    find: async (state) => (state === binding.state ? binding : undefined),
  });
  if (ended.ok === true) return ended;
  throw ended.ok === 'again' ? new AppError('conflict') : (ended as FailedFlow).error;
}

/** A requester of the drill's own: no address and no browser, so that nothing of it looks like a person's place. */
const asActor = (ctx: Context, actor: Actor): Context => ({
  ...ctx,
  ...{ actor, ip: null, userAgent: 'Grantkeep revocation drill', requestId: newId('req') },
});

/**
 * Makes a grant at the test account that the provider's record names, without a person: signs the drill's own person in, and
 * connects the account, both by the code that browsers reach. The session ends afterwards.
 * @throws AppError `conflict` where the records do not allow it or a server gives no grant; else as `startFlow` and
 *   `completeFlow`, such as `sign_in_not_allowed`
 */
export async function grantForDrill(ctx: Context, provider: ProviderRecord): Promise<{ personId: string; id: string }> {
  const home = signInOf(ctx);
  if (!home || !listUnattendedDrills(ctx).has(provider.id))
    throw new AppError('conflict', { message: 'A grant there needs a person. Choose a connection to a test account.' });
  const signedIn = await flowOf(asActor(ctx, { type: 'anonymous' }), home, 'sign_in');
  if (!('session' in signedIn)) throw new AppError('conflict');
  const actor = await resolveSession(ctx, signedIn.session.id);
  if (!actor) throw new AppError('conflict');
  const drilling = asActor(ctx, actor);
  try {
    const connected = await flowOf(drilling, provider, 'connect');
    if (!('connectionId' in connected)) throw new AppError('conflict');
    return { personId: personOfConnection(connected.connectionId) ?? '', id: connected.connectionId };
  } finally {
    await endSession(drilling, { publicId: signedIn.session.publicId });
  }
}
