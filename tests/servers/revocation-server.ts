import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { json, listenOnLoopback } from '#tests/servers/loopback';

/** A provider that knows revoking and userinfo, takes every token until it is revoked, and can fail now and then. */
export interface RevocationServer {
  issuer: string;
  /** Of so many revocations one is answered 503, unprocessed; 0: none. */
  failsEvery: number;
  /** Calls of the revocation endpoint, and the failed ones. */
  calls: number;
  failed: number;
  /** How often each token was revoked. */
  revoked: Map<string, number>;
  close(): Promise<void>;
}

/**
 * Starts one on a free port of 127.0.0.1. A refresh token `rt_x` and the access token `at_x` are of one grant, which
 * ends with either.
 */
export async function startRevocationServer(): Promise<RevocationServer> {
  const grantOf = (token: string) => token.replace(/^[ar]t_/, '');
  const server = createServer(async (request, response) => {
    if (request.url === '/userinfo') {
      const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
      return json(response, state.revoked.has(grantOf(token)) ? 401 : 200, { sub: 'ada' });
    }
    if (request.url !== '/revoke') return json(response, 404, {});
    const grant = grantOf(new URLSearchParams(await text(request)).get('token') ?? '');
    state.calls += 1;
    if (state.failsEvery > 0 && state.calls % state.failsEvery === 0) {
      state.failed += 1;
      return json(response, 503, {});
    }
    state.revoked.set(grant, (state.revoked.get(grant) ?? 0) + 1);
    json(response, 200, {});
  });
  const { port, close } = await listenOnLoopback(server);
  const state: RevocationServer = {
    issuer: `http://127.0.0.1:${port}`,
    failsEvery: 0,
    calls: 0,
    failed: 0,
    revoked: new Map(),
    close,
  };
  return state;
}
