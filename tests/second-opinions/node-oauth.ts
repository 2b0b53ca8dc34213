import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import OAuth2Server from '@node-oauth/oauth2-server';
import { client, person, recordAt, type SecondOpinion } from '#tests/second-opinions/second-opinion';
import { json, listenOnLoopback } from '#tests/servers/loopback';

/** The model that `@node-oauth/oauth2-server` asks its users for, in memory. */
function createModel() {
  const codes = new Map<string, OAuth2Server.AuthorizationCode>();
  const tokens: OAuth2Server.Token[] = [];
  const drop = (token: string) => {
    const at = tokens.findIndex(({ accessToken, refreshToken }) => accessToken === token || refreshToken === token);
    return at >= 0 && tokens.splice(at, 1).length === 1;
  };
  const redirectUris = ['http://localhost:3000/oauth/callback'];
  const known = { id: client.id, redirectUris, grants: ['authorization_code', 'refresh_token'] };
  const model: OAuth2Server.AuthorizationCodeModel & OAuth2Server.RefreshTokenModel = {
    getClient: async (id, secret) => id === client.id && (secret === null || secret === client.secret) && known,
    validateRedirectUri: async (uri) => uri.startsWith('http://localhost:3000/oauth/callback'),
    saveAuthorizationCode: async (code, of, user) => {
      const saved = { ...code, client: of, user };
      codes.set(code.authorizationCode, saved);
      return saved;
    },
    getAuthorizationCode: async (code) => codes.get(code),
    revokeAuthorizationCode: async ({ authorizationCode }) => codes.delete(authorizationCode),
    validateScope: async (_user, _client, scope) => scope ?? [],
    saveToken: async (token, of, user) => {
      const saved = { ...token, client: of, user };
      tokens.push(saved);
      return saved;
    },
    getAccessToken: async (token) => tokens.find(({ accessToken }) => accessToken === token),
    getRefreshToken: async (token) =>
      tokens.find(({ refreshToken }) => refreshToken === token) as OAuth2Server.RefreshToken | undefined,
    revokeToken: async ({ refreshToken }) => drop(refreshToken),
  };
  return { model, drop };
}

/** Reads Basic as the library does: RFC 7617, without decoding its parts. */
function isClient(authorization: string | undefined): boolean {
  const given = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
  return given === `${client.id}:${client.secret}`;
}

/** `@node-oauth/oauth2-server`. It has no revocation endpoint of its own; the one here ends what its model holds. */
export async function startNodeOauth(): Promise<SecondOpinion> {
  const { model, drop } = createModel();
  const oauth = new OAuth2Server({ model, accessTokenLifetime: 3600, refreshTokenLifetime: 86_400 });
  const server = createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const form = new URLSearchParams(await text(incoming));
    const request = new OAuth2Server.Request({
      method: incoming.method ?? 'GET',
      headers: incoming.headers as Record<string, string>,
      query: Object.fromEntries(url.searchParams),
      body: Object.fromEntries(form),
    });
    const response = new OAuth2Server.Response({ headers: {} });
    const send = () => {
      outgoing.writeHead(response.status ?? 200, { 'content-type': 'application/json', ...response.headers });
      outgoing.end(JSON.stringify(response.body ?? {}));
    };
    try {
      if (url.pathname === '/authorize') {
        await oauth.authorize(request, response, { authenticateHandler: { handle: () => person } });
      } else if (url.pathname === '/token') await oauth.token(request, response);
      else if (url.pathname === '/userinfo') {
        await oauth.authenticate(request, response);
        response.body = person;
      } else if (url.pathname === '/revoke') {
        if (!isClient(incoming.headers.authorization)) return json(outgoing, 401, { error: 'invalid_client' });
        drop(form.get('token') ?? '');
      } else response.status = 404;
    } catch (error) {
      const { code = 500, name = 'server_error' } = error as { code?: number; name?: string };
      return json(outgoing, code, { error: name });
    }
    send();
  });
  const { port, close } = await listenOnLoopback(server);
  const issuer = `http://127.0.0.1:${port}`;
  return { issuer, record: recordAt('node-oauth', issuer), close };
}
