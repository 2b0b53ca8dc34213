import type { Specification } from '#lib/conformance/clause';

const codePlaces = [
  'lib/config/provider-request.ts#parameterValues',
  'lib/oauth/authorization-request.ts#buildAuthorizationUrl',
] as const;

export const rfc8707: Specification = {
  id: 'rfc8707',
  name: 'RFC 8707',
  title: 'Resource indicators',
  url: 'https://www.rfc-editor.org/rfc/rfc8707',
  scope:
    'Section 2, as far as it binds a client. The parameter is optional; a record writes it among its own parameters.',
  clauses: [
    {
      id: '2 a',
      level: 'must',
      asks: 'Send an absolute URI as resource, without a fragment.',
      state: 'partly',
      code: codePlaces,
      tests: ['lib/oauth/odd-requests.test.ts > with a parameter that is there twice (RFC 8707)'],
      reason: 'The hub sends what the record says. It does not look whether that is a URI without a fragment.',
    },
    {
      id: '2 b',
      level: 'should',
      asks: 'Send no query in it.',
      state: 'not_ours',
      reason: 'The operator writes the value into the record.',
    },
    {
      id: '2 c',
      level: 'should',
      asks: 'Name the API as narrowly as the client can, by its base URI.',
      state: 'not_ours',
      reason:
        'The operator writes the value into the record. The hub does not know which calls the services will make.',
    },
    {
      id: '2.1',
      level: 'must',
      asks: 'Where several resources are meant, repeat the parameter in the authorization request.',
      state: 'met',
      code: codePlaces,
      tests: ['lib/oauth/odd-requests.test.ts > with a parameter that is there twice (RFC 8707)'],
    },
    {
      id: '2.2',
      level: 'must',
      asks: 'Send it at the token endpoint, too, at exchange and refresh.',
      state: 'met',
      code: ['lib/oauth/client-request.ts#clientRequest', 'lib/oauth/refresh-grant.ts#refreshGrant'],
      tests: ['lib/oauth/odd-requests.test.ts > as a form with a parameter that is there twice, when refreshing too'],
    },
  ],
};
