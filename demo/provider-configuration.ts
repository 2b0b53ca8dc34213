import type { Configuration } from 'oidc-provider';
import { createAdapter } from '#demo/adapter';
import { labelOf, showPage } from '#demo/interaction';
import type { GrantNote, Namesake, ServerParts } from '#demo/namesake';
import { faultPage } from '#demo/pages';
import { findPerson } from '#demo/people';
import { alwaysAsk } from '#demo/policy';
import { targetOfPayload } from '#demo/scoped-switches';

const day = 24 * 3600;

/** What every client of a namesake is registered with, beside its id and secret. */
export const clientMetadata = ({ clientAuth }: Namesake, redirectUris: readonly string[]) => ({
  client_name: 'Grantkeep',
  redirect_uris: [...redirectUris],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code' as const],
  token_endpoint_auth_method: clientAuth,
});

/** oidc-provider's configuration for a namesake. What it cannot say is done by middleware. */
export function providerConfiguration(
  namesake: Namesake,
  { store, switches, counts, clientId, clientSecret }: Omit<ServerParts, 'provider'>,
  redirectUris: readonly string[],
  signingKey: Record<string, unknown>,
): Configuration {
  const { routes } = namesake;
  const noteOf = (grantId: string | undefined) =>
    store.get('GrantNote', grantId ?? '')?.payload as GrantNote | undefined;
  const scopes = Object.keys(namesake.scopes);
  return {
    adapter: createAdapter({ store, namesake, switches, counts }),
    jwks: { keys: [signingKey as never] },
    clients: [{ ...clientMetadata(namesake, redirectUris), client_id: clientId, client_secret: clientSecret }],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    responseTypes: ['code'],
    scopes,
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      // Salesforce's scope for its identity URL.
      ...(Object.hasOwn(namesake.scopes, 'id')
        ? { id: ['name', 'preferred_username', 'email', 'email_verified'] }
        : {}),
    },
    // The namesakes put the profile into the ID token too.
    conformIdTokenClaims: false,
    clockTolerance: 0,
    clientBasedCORS: () => false,
    extraParams: ['access_type', 'include_granted_scopes', 'audience', 'hd', 'allow_signup', 'login'],
    cookies: {
      names: {
        session: `demo-${namesake.id}-session`,
        interaction: `demo-${namesake.id}-interaction`,
        resume: `demo-${namesake.id}-resume`,
      },
      long: { httpOnly: true, sameSite: 'lax' },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: Boolean(routes.userinfo) },
      introspection: {
        enabled: Boolean(routes.introspection),
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      revocation: {
        enabled: Boolean(routes.revocation),
        allowedPolicy: (_ctx, client, token) =>
          token.clientId === client.clientId && (namesake.revokes?.(token.kind) ?? true),
      },
    },
    routes: {
      authorization: routes.authorization,
      token: routes.token,
      jwks: routes.jwks,
      ...(routes.revocation ? { revocation: routes.revocation } : {}),
      ...(routes.introspection ? { introspection: routes.introspection } : {}),
      ...(routes.userinfo ? { userinfo: routes.userinfo } : {}),
    },
    interactions: { policy: alwaysAsk(), url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: async (ctx) => {
      const grantId = ctx.oidc.result?.consent?.grantId;
      return grantId ? ctx.oidc.provider.Grant.find(grantId) : undefined;
    },
    findAccount: (ctx, subject) => {
      const person = findPerson(store, subject);
      if (!person) return undefined;
      return {
        accountId: subject,
        claims: () => ({
          sub: subject,
          name: person.name,
          preferred_username: person.login,
          email: person.email,
          email_verified: switches.for({ subject, client: ctx.oidc.client?.clientId }).email_verified,
        }),
      };
    },
    expiresWithSession: () => false,
    issueRefreshToken: (_ctx, _client, source) => namesake.issuesRefreshToken(source.scopes, noteOf(source.grantId)),
    rotateRefreshToken: ({ oidc }) =>
      switches.for(targetOfPayload({ ...oidc.entities.RefreshToken })).rotation === 'rotate',
    renderError: (ctx, out) => {
      const lines = [`${out.error}: ${out.error_description ?? ''}`, 'Nothing was sent to the application.'];
      showPage(ctx, ctx.status, faultPage(labelOf(namesake), 'This request cannot be answered', lines));
    },
    ttl: {
      AccessToken: (_ctx, token) =>
        switches.for(targetOfPayload({ ...token })).access_token_ttl_s ?? namesake.accessTokenTtl(token.scopes),
      AuthorizationCode: 600,
      Grant: 400 * day,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 184 * day,
      Session: 3600,
    },
  };
}
