import type { Specification } from '#lib/conformance/clause';

export const rfc7636: Specification = {
  id: 'rfc7636',
  name: 'RFC 7636',
  title: 'Proof key for code exchange',
  url: 'https://www.rfc-editor.org/rfc/rfc7636',
  scope: 'Sections 4, 5 and 7, as far as they bind a client.',
  clauses: [
    {
      id: '4.1 a',
      level: 'must',
      asks: 'Make a new verifier for each request, of 43 to 128 unreserved characters.',
      state: 'met',
      code: ['lib/oauth/authorization-request.ts#createFlowSecrets'],
      tests: ['lib/oauth/authorization-request.test.ts > are all different over a thousand flows and 256 bits long'],
    },
    {
      id: '4.1 b',
      level: 'should',
      asks: 'Take it from a good source of random numbers, with 256 bits.',
      state: 'met',
      code: ['lib/oauth/authorization-request.ts#createFlowSecrets'],
      tests: [
        'lib/oauth/authorization-request.test.ts > are all different over a thousand flows and 256 bits long',
        'tests/import-directions.test.ts > imports run downwards in every file',
      ],
      reason: 'A rule for imports keeps Math.random and UUIDs out of the product.',
    },
    {
      id: '4.2',
      level: 'must',
      asks: 'Use S256 where the client can.',
      state: 'met',
      code: ['lib/oauth/authorization-request.ts#buildAuthorizationUrl'],
      tests: [
        'lib/oauth/authorization-request.test.ts > have the challenge that RFC 7636 makes of the verifier',
        'lib/oauth/authorization-request.test.ts > says all that RFC 6749, 7636 and 9700 want, and no more',
      ],
      reason: 'The hub knows no other method.',
    },
    {
      id: '4.3',
      level: 'must',
      asks: 'Send the challenge and its method with the authorization request.',
      state: 'met',
      code: ['lib/oauth/authorization-request.ts#buildAuthorizationUrl', 'lib/authorization/authorization-location.ts'],
      tests: [
        'lib/authorization/complete.db.test.ts > the authorization request carries S256, state and the one redirect URI',
        'lib/authorization/provider-rules.db.test.ts > without PKCE only where the record says so dangerously, and the connection remembers it',
      ],
    },
    {
      id: '4.5',
      level: 'must',
      asks: 'Send the verifier with the code.',
      state: 'met',
      code: ['lib/oauth/exchange-code.ts#exchangeCode'],
      tests: [
        'lib/oauth/exchange-code.test.ts > carries code, verifier and redirect URI to the pinned endpoint',
        'lib/oauth/exchange-code.test.ts > has no verifier only where the record goes without PKCE',
      ],
    },
    {
      id: '5',
      level: 'should',
      asks: 'Send these parameters to every server, also to one that does not know them.',
      state: 'partly',
      code: ['lib/oauth/authorization-request.ts#buildAuthorizationUrl', 'lib/providers/presets.ts'],
      tests: [
        'lib/oauth/authorization-request.test.ts > leaves PKCE out only where the record says so dangerously; state stays',
        'lib/providers/presets.test.ts > goes without PKCE only where a source says that the server refuses it',
      ],
      reason:
        'Some servers refuse a request that has them. A record leaves PKCE out under a name that says dangerously.',
    },
    {
      id: '7.1',
      level: 'must',
      asks: 'Let no attacker guess or learn the verifier.',
      state: 'met',
      code: ['lib/oauth/authorization-request.ts#createFlowSecrets', 'lib/cookies/flow-cookies.ts'],
      tests: [
        'lib/oauth/authorization-request.test.ts > never carries verifier or client secret',
        'lib/cookies/session-cookie.test.ts > is found by its state alone and shows nothing of what it holds',
      ],
    },
    {
      id: '7.2',
      level: 'must',
      asks: 'Never go back to plain after S256 was tried.',
      state: 'met',
      code: ['lib/oauth/authorization-request.ts#asksForS256'],
      tests: ['lib/oauth/authorization-request.test.ts > says all that RFC 6749, 7636 and 9700 want, and no more'],
      reason: 'There is no code for plain. A start that would leave without S256 is blocked, and an alert opens.',
    },
  ],
};
