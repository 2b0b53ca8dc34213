import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  AuthorizationServer,
  type OAuthAuthCode,
  type OAuthClient,
  OAuthException,
  OAuthRequest,
  type OAuthResponse,
  type OAuthScope,
  type OAuthToken,
} from '@jmondi/oauth2-server';
import { client, person, recordAt, type SecondOpinion } from '#tests/second-opinions/second-opinion';
import { json, listenOnLoopback } from '#tests/servers/loopback';

const secretOfTokens = randomBytes(32).toString('hex');
const random = () => randomBytes(24).toString('base64url');
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);

/** The repositories that `@jmondi/oauth2-server` asks its users for, in memory. */
function createRepositories() {
  const scopes: OAuthScope[] = ['profile', 'email'].map((name) => ({ name }));
  const redirectUris = ['http://localhost:3000/oauth/callback', 'http://localhost:3000/oauth/callback/jmondi'];
  const known: OAuthClient = {
    id: client.id,
    name: 'Grantkeep',
    secret: client.secret,
    redirectUris,
    allowedGrants: ['authorization_code', 'refresh_token'],
    scopes,
  };
  const codes = new Map<string, OAuthAuthCode>();
  const tokens = new Map<string, OAuthToken>();
  const dead = new Set<string>();
  const found = <T>(value: T | undefined): T => {
    if (value === undefined) throw OAuthException.badRequest('unknown');
    return value;
  };
  return {
    clients: {
      getByIdentifier: async (id: string) => found(id === client.id ? known : undefined),
      isClientValid: async (_grant: string, of: OAuthClient, secret?: string) => of.secret === secret,
    },
    scopes: {
      getAllByIdentifiers: async (names: string[]) => scopes.filter(({ name }) => names.includes(name)),
      finalize: async (asked: OAuthScope[]) => asked,
    },
    codes: {
      getByIdentifier: async (code: string) => found(codes.get(code)),
      issueAuthCode: (of: OAuthClient, user: unknown, asked: OAuthScope[]): OAuthAuthCode => ({
        code: random(),
        client: of,
        user: user as { id: string },
        scopes: asked,
        expiresAt: inSeconds(600),
      }),
      persist: async (code: OAuthAuthCode) => void codes.set(code.code, code),
      isRevoked: async (code: string) => dead.has(code),
      revoke: async (code: string) => void dead.add(code),
    },
    tokens: {
      issueToken: async (of: OAuthClient, asked: OAuthScope[], user?: unknown): Promise<OAuthToken> => ({
        accessToken: random(),
        accessTokenExpiresAt: inSeconds(3600),
        client: of,
        user: user as { id: string },
        scopes: asked,
      }),
      issueRefreshToken: async (token: OAuthToken): Promise<OAuthToken> =>
        Object.assign(token, { refreshToken: random(), refreshTokenExpiresAt: inSeconds(86_400) }),
      persist: async (token: OAuthToken) => void tokens.set(token.accessToken, token),
      revoke: async ({ accessToken, refreshToken }: OAuthToken) => {
        dead.add(accessToken);
        if (refreshToken) dead.add(refreshToken);
      },
      isRefreshTokenRevoked: async ({ refreshToken }: OAuthToken) => dead.has(refreshToken ?? ''),
      getByRefreshToken: async (token: string) =>
        found([...tokens.values()].find(({ refreshToken }) => refreshToken === token)),
      getByAccessToken: async (token: string) => found(tokens.get(token)),
    },
    isLive: (token: string) => tokens.has(token) && !dead.has(token),
  };
}

/** The id inside of an access token, which this library signs as a JWT. */
function idOf(token: string): string {
  try {
    return String(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti);
  } catch {
    return '';
  }
}

/** `@jmondi/oauth2-server`, with its own revocation endpoint. */
export async function startJmondi(): Promise<SecondOpinion> {
  const repositories = createRepositories();
  const oauth = new AuthorizationServer(
    repositories.clients,
    repositories.tokens,
    repositories.scopes,
    secretOfTokens,
    { requiresPKCE: true, requiresS256: true, authenticateRevoke: true },
  );
  oauth.enableGrantTypes(
    {
      grant: 'authorization_code',
      userRepository: { getUserByCredentials: async () => ({ id: person.sub }) },
      authCodeRepository: repositories.codes,
    },
    'refresh_token',
  );
  const server = createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const form = new URLSearchParams(await text(incoming));
    const request = new OAuthRequest({
      headers: incoming.headers as Record<string, string>,
      query: Object.fromEntries(url.searchParams),
      body: Object.fromEntries(form),
    });
    const send = ({ status, headers, body }: OAuthResponse) => {
      outgoing.writeHead(status, { ...headers, 'content-type': 'application/json' });
      outgoing.end(JSON.stringify(body ?? {}));
    };
    try {
      switch (url.pathname) {
        case '/authorize': {
          const asked = await oauth.validateAuthorizationRequest(request);
          asked.user = { id: person.sub };
          asked.isAuthorizationApproved = true;
          return send(await oauth.completeAuthorizationRequest(asked));
        }
        case '/token':
          return send(await oauth.respondToAccessTokenRequest(request));
        case '/revoke':
          return send(await oauth.revoke(request));
        case '/userinfo': {
          const live = repositories.isLive(idOf(incoming.headers.authorization?.replace(/^Bearer /, '') ?? ''));
          return json(outgoing, live ? 200 : 401, live ? person : { error: 'invalid_token' });
        }
        default:
          return json(outgoing, 404, {});
      }
    } catch (error) {
      const status = error instanceof OAuthException ? error.status : 500;
      json(outgoing, status, { error: error instanceof OAuthException ? error.errorType : 'server_error' });
    }
  });
  const { port, close } = await listenOnLoopback(server);
  const issuer = `http://127.0.0.1:${port}`;
  return { issuer, record: recordAt('jmondi', issuer), close };
}
