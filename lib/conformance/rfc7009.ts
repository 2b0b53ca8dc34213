import type { Specification } from '#lib/conformance/clause';

export const rfc7009: Specification = {
  id: 'rfc7009',
  name: 'RFC 7009',
  title: 'Token revocation',
  url: 'https://www.rfc-editor.org/rfc/rfc7009',
  scope:
    'Sections 2 and 5, as far as they bind a client. Two rules that the text writes in small letters stand here as well.',
  clauses: [
    {
      id: '2 a',
      level: 'must',
      asks: 'Be able to revoke refresh tokens, and as far as possible access tokens.',
      state: 'met',
      code: ['lib/oauth/revoke-token.ts#revokeGrant'],
      tests: [
        'lib/oauth/revoke-token.test.ts > hands in the refresh token, authenticated as at the token endpoint',
        'lib/oauth/revoke-token.test.ts > hands in the access token where the record says so, or where it is all there is',
      ],
    },
    {
      id: '2 b',
      level: 'must',
      asks: 'Make sure that the revocation endpoint is an https URL.',
      state: 'met',
      code: ['lib/config/provider-url.ts#endpointFault', 'lib/outbound/guarded-fetch.ts#createGuardedFetch'],
      tests: [
        'lib/outbound/guarded-fetch.test.ts > may not be http unless it is loopback',
        'lib/oauth/odd-metadata.test.ts > P-03 endpoints that are not usable',
      ],
    },
    {
      id: '2.1 a',
      level: 'must',
      asks: 'Send the token in a form by POST, with the credentials of the client.',
      state: 'met',
      code: ['lib/oauth/revoke-token.ts#revokeGrant'],
      tests: ['lib/oauth/revoke-token.test.ts > hands in the refresh token, authenticated as at the token endpoint'],
      reason: 'A record names another way for a server that has its own, such as DELETE.',
    },
    {
      id: '2.1 b',
      level: 'must',
      asks: 'Use a token no more after the server answered 200.',
      state: 'partly',
      code: ['lib/revocation/mark-revoked.ts', 'lib/revocation/try-tokens.ts'],
      tests: [
        'lib/revocation/revoke.db.test.ts > after revoking, the token is dead at the provider and erased here',
        'lib/revocation/prove-dead.db.test.ts > what counts as proof',
      ],
      reason:
        'No service gets it any more. The hub itself shows it once more at a harmless call, since a 200 alone proves nothing.',
    },
    {
      id: '2.1 c',
      level: 'must',
      asks: 'Bear it that tokens become invalid at any time.',
      state: 'met',
      code: ['lib/refresh/end-refused.ts', 'lib/tokens/replace-rejected.ts'],
      tests: [
        'lib/refresh/ends-of-grants.db.test.ts > F-19 the end of a grant',
        'lib/tokens/rejected-token.db.test.ts > a token that the provider refused',
      ],
    },
    {
      id: '2.2',
      level: 'must',
      asks: 'Go by the status of the answer, and not by its body.',
      state: 'met',
      code: ['lib/oauth/revoke-token.ts#revokeGrant'],
      tests: ['lib/oauth/revoke-token.test.ts > revoking by RFC 7009'],
      reason: 'Of a server that answers errors with 200, the record says so, and the body counts then.',
    },
    {
      id: '2.2.1',
      level: 'must',
      asks: 'Take the token for alive after a 503, and try again later.',
      state: 'met',
      code: ['lib/revocation/finish-revocation.ts', 'lib/revocation/work-revocations.ts'],
      tests: [
        'lib/revocation/revoke.db.test.ts > while it is down the connection stays revoked, the attempt is planned anew and ends when it is back',
      ],
    },
    {
      id: '5 a',
      level: 'must',
      asks: 'Check who answers at the revocation endpoint, by its certificate.',
      state: 'met',
      code: ['lib/outbound/guarded-fetch.ts#createGuardedFetch'],
      tests: [
        'lib/outbound/guarded-fetch.test.ts > that nobody vouches for are refused, also where the environment says not to look',
      ],
    },
    {
      id: '5 b',
      level: 'must',
      asks: 'Take the address of the revocation endpoint from a trustworthy source.',
      state: 'met',
      code: ['lib/oauth/resolve-endpoints.ts#resolveEndpoints', 'lib/outbound/connect-policy.ts'],
      tests: [
        'lib/oauth/resolve-endpoints.test.ts > whose endpoints moved to another host an hour later is not followed',
        'lib/authorization/mix-up.db.test.ts > A-02 a record reaches its own hosts only',
      ],
    },
  ],
};
