import { createHash, randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { json, listenOnLoopback } from '#tests/servers/loopback';

/** How the next refreshes are answered. */
export interface Behaviour {
  /** A new refresh token each time, the old one dead at once. */
  rotate: boolean;
  /** Showing a replaced refresh token ends its grant and every token of it (RFC 9700 §4.14.2). */
  reuseEndsGrant: boolean;
  /** A replaced refresh token is still taken, as within a provider's window of grace. */
  grace: boolean;
  /** Where it does not rotate: the answer repeats the token that was shown. */
  repeat: boolean;
  expiresIn: number | null;
  /** Null: the answer names no scopes. */
  scope: string | null;
  /** Awaited after the refresh token was spent and before the answer is sent; where it says `cut`, none is. */
  beforeAnswer: () => Promise<unknown>;
  /** Answers this instead of looking at the token. */
  instead: ((response: ServerResponse) => void) | null;
  extras: Record<string, string>;
  /** Seconds that introspection says any token still has; null: it answers 503. */
  introspectedLife: number | null;
  /** Answers userinfo with this status; null: 200 for a live access token, else 401. */
  userinfoStatus: number | null;
}

/** A token endpoint on loopback that knows refreshing, counts it, and says which access tokens live. */
export interface TokenServer {
  issuer: string;
  behaviour: Behaviour;
  /** Requests that reached the endpoint, whatever became of them. */
  requests: number;
  /** Refresh tokens that were accepted. */
  refreshes: number;
  /** Replaced refresh tokens that were shown again. */
  reuses: number;
  /** Calls of userinfo. */
  lookups: number;
  /** Tokens shown to the revocation endpoint (RFC 7009). */
  revoked: string[];
  /** A refresh token that this server will accept. */
  grant(): string;
  revoke(refreshToken: string): void;
  /** Every refresh token that would be accepted now. */
  grants(): string[];
  /** Whether this refresh token would be accepted now. */
  accepts(refreshToken: string): boolean;
  isLive(accessToken: string): boolean;
  close(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startTokenServer(): Promise<TokenServer> {
  const refreshTokens = new Set<string>();
  /** Live access tokens, each with the refresh token of its grant. */
  const accessTokens = new Map<string, string>();
  /** Replaced refresh tokens, each with what replaced it. */
  const replaced = new Map<string, string>();
  const endGrant = (refreshToken: string) => {
    for (const [access, refresh] of accessTokens) if (refresh === refreshToken) accessTokens.delete(access);
    refreshTokens.delete(refreshToken);
    const next = replaced.get(refreshToken);
    if (next) endGrant(next);
  };
  const introspect = (response: ServerResponse) => {
    const { introspectedLife } = state.behaviour;
    if (introspectedLife === null) return json(response, 503, {});
    json(response, 200, { active: true, exp: Math.floor(Date.now() / 1000) + introspectedLife });
  };
  const server = createServer(async (request, response) => {
    if (request.url === '/introspect') return introspect(response);
    if (request.url === '/userinfo') {
      state.lookups += 1;
      const live = accessTokens.has(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
      return json(response, state.behaviour.userinfoStatus ?? (live ? 200 : 401), { sub: 'ada' });
    }
    if (request.url === '/revoke') {
      const token = new URLSearchParams(await text(request)).get('token') ?? '';
      refreshTokens.delete(token);
      accessTokens.delete(token);
      // With a refresh token end its access tokens (RFC 7009 §2.1).
      for (const [access, refresh] of accessTokens) if (refresh === token) accessTokens.delete(access);
      state.revoked.push(token);
      return json(response, 200, {});
    }
    state.requests += 1;
    const form = new URLSearchParams(await text(request));
    if (state.behaviour.instead) return state.behaviour.instead(response);
    const shown = form.get('refresh_token') ?? '';
    if (replaced.has(shown) && !state.behaviour.grace) {
      state.reuses += 1;
      if (state.behaviour.reuseEndsGrant) endGrant(shown);
    }
    if (form.get('grant_type') !== 'refresh_token' || !refreshTokens.has(shown)) {
      return json(response, 400, { error: 'invalid_grant' });
    }
    state.refreshes += 1;
    const { rotate, grace, repeat, expiresIn, scope, extras } = state.behaviour;
    const accessToken = `at_${randomBytes(16).toString('hex')}`;
    const next = rotate ? state.grant() : repeat ? shown : undefined;
    accessTokens.set(accessToken, next ?? shown);
    if (next && rotate) replaced.set(shown, next);
    if (rotate && !grace) refreshTokens.delete(shown);
    if ((await state.behaviour.beforeAnswer()) === 'cut') return response.destroy();
    json(response, 200, {
      access_token: accessToken,
      token_type: 'bearer',
      ...(expiresIn === null ? {} : { expires_in: expiresIn }),
      ...(next ? { refresh_token: next } : {}),
      ...(scope === null ? {} : { scope }),
      ...extras,
    });
  });
  const { port, close } = await listenOnLoopback(server);
  const state: TokenServer = {
    issuer: `http://127.0.0.1:${port}`,
    behaviour: {
      rotate: true,
      reuseEndsGrant: false,
      grace: false,
      repeat: false,
      expiresIn: 3600,
      scope: null,
      beforeAnswer: async () => {},
      instead: null,
      extras: {},
      introspectedLife: null,
      userinfoStatus: null,
    },
    requests: 0,
    refreshes: 0,
    reuses: 0,
    lookups: 0,
    revoked: [],
    grant: () => {
      const token = `rt_${createHash('sha256').update(randomBytes(32)).digest('hex')}`;
      refreshTokens.add(token);
      return token;
    },
    grants: () => [...refreshTokens],
    revoke: (token) => void refreshTokens.delete(token),
    accepts: (token) => refreshTokens.has(token),
    isLive: (token) => accessTokens.has(token),
    close,
  };
  return state;
}
