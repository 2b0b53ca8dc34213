import type { Specification } from '#lib/conformance/clause';

export const rfc9207: Specification = {
  id: 'rfc9207',
  name: 'RFC 9207',
  title: 'The issuer in the authorization response',
  url: 'https://www.rfc-editor.org/rfc/rfc9207',
  scope: 'Sections 2.4 and 4. The other clauses bind authorization servers.',
  clauses: [
    {
      id: '2.4 a',
      level: 'must',
      asks: 'Read iss from the response where it is there, decode it, and compare it with the issuer that the request went to.',
      state: 'met',
      code: ['lib/oauth/check-callback.ts#checkIssuer'],
      tests: [
        'lib/oauth/check-callback.test.ts > iss (RFC 9207)',
        'lib/authorization/mix-up.db.test.ts > A-01 mix-up with %s',
      ],
    },
    {
      id: '2.4 b',
      level: 'must',
      asks: 'Compare the two as plain strings, without any normalisation.',
      state: 'met',
      code: ['lib/oauth/check-callback.ts#checkIssuer', 'lib/oauth/tenant-issuer.ts#isOwnIssuer'],
      tests: ['lib/oauth/check-callback.test.ts > is compared as a string: %s is another issuer'],
      reason: 'Of a server of many tenants the tenant fills a template first. The result is compared letter by letter.',
    },
    {
      id: '2.4 c',
      level: 'must',
      asks: 'Refuse the response where iss is another, and spend no code from it.',
      state: 'met',
      code: ['lib/oauth/check-callback.ts#checkIssuer', 'lib/authorization/complete.ts#completeFlow'],
      tests: [
        'lib/authorization/callback-refused.db.test.ts > mix-up: an answer of one server delivered for a flow at another is refused',
        'e2e/mix-up.spec.ts > a malicious provider gets no code of an honest one',
      ],
    },
    {
      id: '2.4 d',
      level: 'must',
      asks: 'Do not take for granted that an error response comes from the intended server.',
      state: 'met',
      code: ['lib/oauth/check-callback.ts#checkCallback'],
      tests: ['lib/oauth/check-callback.test.ts > is also checked on an error answer'],
    },
    {
      id: '2.4 e',
      level: 'must',
      asks: 'Compare iss with the issuer of the metadata, or with the configured one where there is no metadata.',
      state: 'met',
      code: ['lib/oauth/resolve-endpoints.ts', 'lib/oauth/tenant-issuer.ts#isOwnIssuer'],
      tests: ['lib/oauth/check-callback.test.ts > iss (RFC 9207)'],
    },
    {
      id: '2.4 f',
      level: 'must',
      asks: 'Know of each server whether it supports iss, and refuse a response without it from a server that does.',
      state: 'met',
      code: ['lib/oauth/check-callback.ts#checkIssuer', 'lib/authorization/flow.ts'],
      tests: ['lib/oauth/check-callback.test.ts > iss (RFC 9207)'],
      reason:
        'The flow keeps what the metadata announced when it began; iss_policy of a record can require it as well.',
    },
    {
      id: '2.4 g',
      level: 'should',
      asks: 'Discard a response with iss from a server that does not announce the parameter.',
      state: 'not_met',
      code: ['lib/oauth/check-callback.ts#checkIssuer'],
      tests: ['lib/oauth/check-callback.test.ts > iss (RFC 9207)'],
      reason:
        'The section leaves this to local policy. Google sends iss without announcing it, so a right one is accepted; a wrong one is always refused.',
    },
    {
      id: '4 a',
      level: 'must',
      asks: 'Let no two authorization servers share an issuer, also where an operator writes them by hand.',
      state: 'met',
      code: ['lib/providers/issuer-faults.ts'],
      tests: [
        'lib/providers/issuer-faults.test.ts > A-19 an issuer belongs to one set of endpoints',
        'lib/providers/issuer-faults.test.ts > A-19 endpoints of a preset under the issuer of another server',
      ],
    },
    {
      id: '4 b',
      level: 'must',
      asks: 'Refuse a response that names several issuers which differ.',
      state: 'met',
      code: ['lib/oauth/check-callback.ts#checkCallback'],
      tests: ['lib/oauth/check-callback.test.ts > iss (RFC 9207)'],
    },
  ],
};
