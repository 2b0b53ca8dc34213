import { setTimeout as wait } from 'node:timers/promises';
import { type Configuration, Provider } from 'oidc-provider';
import { createAdapter } from '#demo/adapter';
import { bendCallback } from '#demo/callback';
import { peekForm } from '#demo/form';
import { interactionPages, labelOf, showPage } from '#demo/interaction';
import type { Ctx, GrantNote, Namesake, RevokedToken, ServerParts } from '#demo/namesake';
import { faultPage } from '#demo/pages';
import { findPerson } from '#demo/people';
import { alwaysAsk } from '#demo/policy';
import type { TokenHolder } from '#demo/server';
import { tokenEndpoint } from '#demo/token-endpoint';

const day = 24 * 3600;
type Next = () => Promise<unknown>;
type Middleware = (ctx: Ctx, next: Next) => Promise<void>;

/** One oidc-provider configured as the namesake says, with the middleware that gives it the namesake's manners. */
export function authorizationServer(
  namesake: Namesake,
  parts: Omit<ServerParts, 'provider'>,
  redirectUris: readonly string[],
  signingKey: Record<string, unknown>,
): { provider: Provider; look: (token: string) => Promise<TokenHolder | null> } {
  const provider = new Provider(parts.issuer, configuration(namesake, parts, redirectUris, signingKey));
  const server: ServerParts = { ...parts, provider };
  shapeTokens(namesake, server);
  provider.on('grant.error', (ctx: Ctx, error: Error) => {
    ctx.state.grantError = error;
  });
  provider.on('server_error', (_ctx: Ctx, error: Error) => console.error(`demo ${namesake.id}:`, error));
  // Callers that hang up are part of what the demo is for.
  provider.onerror = (error: Error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ECONNRESET' && code !== 'EPIPE') console.error(`demo ${namesake.id}:`, error);
  };

  const use = (path: string | undefined, middleware: Middleware) => {
    if (path) provider.use(((ctx: Ctx, next: Next) => (ctx.path === path ? middleware(ctx, next) : next())) as never);
  };
  provider.use((async (ctx: Ctx, next: Next) => {
    if (await interactionPages(ctx, namesake, server)) return;
    if (await namesake.api?.(ctx, server)) return;
    await next();
    dropSession(ctx, namesake);
    bendCallback(ctx, namesake, server, redirectUris);
  }) as never);
  metadata(provider, namesake);
  use(namesake.routes.authorization, async (ctx, next) => {
    askOurWay(ctx, namesake, server);
    await next();
  });
  use(namesake.routes.token, tokenEndpoint(namesake, server, signingKey));
  use(namesake.routes.revocation, revocationEndpoint(namesake, server));
  use(namesake.routes.introspection, counted('introspections', server));
  use(namesake.routes.userinfo, counted('userinfo', server));

  return { provider, look: (token) => look(server, token) };
}

function configuration(
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
    clients: [
      {
        client_id: clientId,
        client_name: 'Grantkeep',
        client_secret: clientSecret,
        redirect_uris: [...redirectUris],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: namesake.clientAuth,
      },
    ],
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
    findAccount: (_ctx, subject) => {
      const person = findPerson(store, subject);
      if (!person) return undefined;
      return {
        accountId: subject,
        claims: () => ({
          sub: subject,
          name: person.name,
          preferred_username: person.login,
          email: person.email,
          email_verified: switches.email_verified,
        }),
      };
    },
    expiresWithSession: () => false,
    issueRefreshToken: (_ctx, _client, source) => namesake.issuesRefreshToken(source.scopes, noteOf(source.grantId)),
    rotateRefreshToken: () => switches.rotation === 'rotate',
    renderError: (ctx, out) => {
      const lines = [`${out.error}: ${out.error_description ?? ''}`, 'Nothing was sent to the application.'];
      showPage(ctx, ctx.status, faultPage(labelOf(namesake), 'This request cannot be answered', lines));
    },
    ttl: {
      AccessToken: (_ctx, token) => switches.access_token_ttl_s ?? namesake.accessTokenTtl(token.scopes),
      AuthorizationCode: 600,
      Grant: 400 * day,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 184 * day,
      Session: 3600,
    },
  };
}

/** Token prefixes, and the scopes that `shrink_scopes` withholds. */
function shapeTokens(namesake: Namesake, { provider, switches }: ServerParts): void {
  for (const kind of ['AccessToken', 'RefreshToken'] as const) {
    const prefix = kind === 'AccessToken' ? namesake.tokenPrefix.access : namesake.tokenPrefix.refresh;
    const model = provider[kind].prototype as unknown as { generateTokenId(): string };
    const original = model.generateTokenId;
    model.generateTokenId = function generateTokenId() {
      return prefix + original.call(this);
    };
  }
  const model = provider.AccessToken.prototype as unknown as { scope?: string; save(): Promise<string> };
  const original = model.save;
  model.save = function save() {
    const scopes = this.scope?.split(' ') ?? [];
    const withheld = switches.shrink_scopes === true ? scopes.slice(-1) : switches.shrink_scopes || [];
    this.scope = scopes.filter((scope) => !withheld.includes(scope)).join(' ');
    return original.call(this);
  };
}

/** oidc-provider drops `offline_access` without `prompt=consent`; the namesakes ask for consent by themselves. */
function askOurWay(ctx: Ctx, namesake: Namesake, server: ServerParts): void {
  const query = new URLSearchParams(ctx.querystring);
  server.counts.last_authorization_request = {
    parameters: [...new Set(query.keys())].sort(),
    scope: query.get('scope'),
    prompt: query.get('prompt'),
    access_type: query.get('access_type'),
    audience: query.get('audience'),
    code_challenge_method: query.get('code_challenge_method'),
  };
  namesake.onAuthorizationRequest?.(query);
  const prompts = new Set((query.get('prompt') ?? '').split(' ').filter(Boolean));
  if (query.get('scope')?.split(' ').includes('offline_access') && !prompts.has('none')) {
    query.set('prompt', [...prompts.add('consent')].join(' '));
  }
  ctx.querystring = query.toString();
  Object.assign(ctx.req, { originalUrl: ctx.req.url });
}

/** Keeps oidc-provider's session from the browser: it would tie flows in several tabs to one account. */
function dropSession(ctx: Ctx, namesake: Namesake): void {
  const lines = [ctx.response.headers['set-cookie'] ?? []].flat();
  const kept = lines.filter((line) => !line.startsWith(`demo-${namesake.id}-session=`));
  if (kept.length < lines.length) ctx.res.setHeader('set-cookie', kept);
}

/** Serves the metadata at the namesake's own paths, and nowhere else. */
function metadata(provider: Provider, namesake: Namesake): void {
  const own = '/.well-known/openid-configuration';
  provider.use((async (ctx: Ctx, next: Next) => {
    if (!ctx.path.includes('/.well-known/')) return void (await next());
    if (!namesake.metadataPaths.includes(ctx.path)) {
      ctx.status = 404;
      return;
    }
    ctx.path = own;
    Object.assign(ctx.req, { originalUrl: ctx.req.url });
    await next();
    const body = ctx.body as Record<string, unknown> | undefined;
    if (body && !namesake.advertisesIss) delete body.authorization_response_iss_parameter_supported;
  }) as never);
}

function counted(name: 'introspections' | 'userinfo', { counts, switches }: ServerParts): Middleware {
  return async (_ctx, next) => {
    counts[name] += 1;
    if (switches.latency_ms > 0) await wait(switches.latency_ms);
    await next();
  };
}

function revocationEndpoint(namesake: Namesake, server: ServerParts): Middleware {
  return async (ctx, next) => {
    const { counts, switches } = server;
    counts.revocations += 1;
    if (switches.latency_ms > 0) await wait(switches.latency_ms);
    if (switches.revocation_status !== null) {
      ctx.status = switches.revocation_status;
      ctx.body = '';
      ctx.status = switches.revocation_status;
      return;
    }
    await peekForm(ctx.req, (form) => namesake.onForm?.(form, ctx, server));
    await next();
    if (ctx.status >= 400) return;
    const token = ctx.oidc.entities.RefreshToken ?? ctx.oidc.entities.AccessToken;
    const found: RevokedToken | null = token ? { kind: token.kind, subject: String(token.accountId) } : null;
    namesake.onRevoked?.(found, ctx, server);
  };
}

async function look({ provider, store, counts }: ServerParts, value: string): Promise<TokenHolder | null> {
  const token = await provider.AccessToken.find(value);
  const grant = token?.grantId ? await provider.Grant.find(token.grantId) : undefined;
  const person = token && grant ? findPerson(store, String(token.accountId)) : undefined;
  if (!token || !person) return null;
  counts.resource_calls += 1;
  const { subject, name, email } = person;
  return { subject, name, email, scopes: [...token.scopes].filter(Boolean) };
}
