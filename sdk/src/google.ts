import type { ConnectionRef, GrantkeepClient, Use } from './client.ts';

/** What this adapter uses of an `OAuth2Client` of google-auth-library 10 and newer. */
interface GoogleClient {
  transporter: { request(options: never): Promise<unknown> };
}

interface RequestOptions {
  headers?: ConstructorParameters<typeof Headers>[0];
}

/**
 * Makes an `OAuth2Client` of googleapis or google-auth-library show the connection's tokens, and returns it:
 * `google.drive({ version: 'v3', auth: withGrantkeep(new google.auth.OAuth2(), client, connection) })`.
 */
export function withGrantkeep<Client extends GoogleClient>(
  auth: Client,
  client: GrantkeepClient,
  connection: ConnectionRef,
  use: Use = {},
): Client {
  return Object.assign(auth, {
    request: (options: RequestOptions) =>
      client.withToken(
        connection,
        (token) => {
          const headers = new Headers(options.headers);
          headers.set('authorization', token.authorization);
          return auth.transporter.request({ ...options, headers } as never);
        },
        use,
      ),
    getRequestHeaders: async () =>
      new Headers({ authorization: (await client.getToken(connection, use)).authorization }),
    getAccessToken: async () => ({ token: (await client.getToken(connection, use)).value }),
  });
}
