import type { ConnectionRef, GrantkeepClient, Use } from './client.ts';

/** What this strategy uses of octokit's `request`. */
interface OctokitRequest {
  (endpoint: OctokitEndpoint): Promise<unknown>;
  endpoint: { merge(route: unknown, parameters?: unknown): OctokitEndpoint };
}

interface OctokitEndpoint {
  headers: Record<string, unknown>;
}

export interface OctokitAuthOptions extends Use {
  client: GrantkeepClient;
  connection: ConnectionRef;
}

/**
 * An authentication strategy of octokit:
 * `new Octokit({ authStrategy: createGrantkeepAuth, auth: { client, connection } })`.
 */
export function createGrantkeepAuth({ client, connection, purpose, scopes }: OctokitAuthOptions) {
  const use: Use = { ...(purpose === undefined ? {} : { purpose }), ...(scopes === undefined ? {} : { scopes }) };

  /** As octokit's own strategies answer it. */
  async function auth(): Promise<{ type: 'token'; tokenType: 'oauth'; token: string }> {
    return { type: 'token', tokenType: 'oauth', token: (await client.getToken(connection, use)).value };
  }

  async function hook(request: OctokitRequest, route: unknown, parameters?: unknown): Promise<unknown> {
    const endpoint = request.endpoint.merge(route, parameters);
    return client.withToken(
      connection,
      (token) => request({ ...endpoint, headers: { ...endpoint.headers, authorization: token.authorization } }),
      use,
    );
  }

  return Object.assign(auth, { hook });
}
