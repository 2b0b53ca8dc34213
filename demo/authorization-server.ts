import { Provider } from 'oidc-provider';
import { counted, type Middleware, type Next, revocationEndpoint } from '#demo/back-channel';
import { bendCallback } from '#demo/callback';
import { frontPage, interactionPages } from '#demo/interaction';
import type { Ctx, Namesake, ServerParts, TokenHolder } from '#demo/namesake';
import { findPerson } from '#demo/people';
import { providerConfiguration } from '#demo/provider-configuration';
import { targetOfPayload } from '#demo/scoped-switches';
import { tokenEndpoint } from '#demo/token-endpoint';

/** One oidc-provider configured as the namesake says, with the middleware that gives it the namesake's manners. */
export function authorizationServer(
  namesake: Namesake,
  parts: Omit<ServerParts, 'provider'>,
  redirectUris: readonly string[],
  signingKey: Record<string, unknown>,
): { provider: Provider; look: (token: string) => Promise<TokenHolder | null> } {
  const provider = new Provider(parts.issuer, providerConfiguration(namesake, parts, redirectUris, signingKey));
  const server: ServerParts = { ...parts, provider };
  shapeTokens(namesake, server);
  provider.on('grant.error', (ctx: Ctx, error: Error) => {
    ctx.state.grantError = error;
  });
  provider.on('server_error', (_ctx: Ctx, error: Error) => console.error(`demo ${namesake.id}:`, error));
  // Callers that hang up are part of what the demo is for.
  const hungUp = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);
  provider.onerror = (error: Error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (!hungUp.has(code ?? '')) console.error(`demo ${namesake.id}:`, error);
  };

  const use = (path: string | undefined, middleware: Middleware) => {
    if (path) provider.use(((ctx: Ctx, next: Next) => (ctx.path === path ? middleware(ctx, next) : next())) as never);
  };
  provider.use((async (ctx: Ctx, next: Next) => {
    if (frontPage(ctx, namesake) || (await interactionPages(ctx, namesake, server))) return;
    if (await namesake.api?.(ctx, server)) return;
    await next();
    dropSession(ctx, namesake);
    bendCallback(ctx, namesake, server);
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
  const model = provider.AccessToken.prototype as unknown as {
    scope?: string;
    accountId: string;
    clientId: string;
    save(): Promise<string>;
  };
  const original = model.save;
  model.save = function save() {
    const scopes = this.scope?.split(' ') ?? [];
    const { shrink_scopes: shrink } = switches.for(targetOfPayload({ ...this }));
    const withheld = shrink === true ? scopes.slice(-1) : shrink || [];
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

async function look({ provider, store, counts }: ServerParts, value: string): Promise<TokenHolder | null> {
  const token = await provider.AccessToken.find(value);
  const grant = token?.grantId ? await provider.Grant.find(token.grantId) : undefined;
  const person = token && grant ? findPerson(store, String(token.accountId)) : undefined;
  if (!token || !person) return null;
  counts.resource_calls += 1;
  const { subject, name, email } = person;
  return { subject, name, email, scopes: [...token.scopes].filter(Boolean) };
}
