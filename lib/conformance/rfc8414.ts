import type { Specification } from '#lib/conformance/clause';

export const rfc8414: Specification = {
  id: 'rfc8414',
  name: 'RFC 8414',
  title: 'Metadata of authorization servers',
  url: 'https://www.rfc-editor.org/rfc/rfc8414',
  scope: 'Sections 2.1, 3, 4 and 6, as far as they bind a client.',
  clauses: [
    {
      id: '2.1',
      level: 'must',
      asks: 'Prefer the values of signed metadata, where the client reads signed metadata at all.',
      state: 'not_ours',
      reason: 'The section lets a client pass over signed metadata, and the hub does.',
    },
    {
      id: '3 a',
      level: 'must',
      asks: 'Say which well-known name the client asks for.',
      state: 'met',
      code: ['lib/oauth/metadata-request.ts#metadataUrl'],
      tests: [
        'lib/oauth/resolve-endpoints.test.ts > are looked for before the issuer’s path by RFC 8414 and after it by OpenID Connect',
      ],
      reason: 'The field discovery of a record names it. Other places are tried after its own.',
    },
    {
      id: '3.1 a',
      level: 'must',
      asks: 'Ask by GET, at the well-known path between host and path of the issuer, without a slash at the end.',
      state: 'met',
      code: ['lib/oauth/metadata-request.ts#metadataUrl'],
      tests: [
        'lib/oauth/resolve-endpoints.test.ts > are looked for before the issuer’s path by RFC 8414 and after it by OpenID Connect',
      ],
    },
    {
      id: '3.3',
      level: 'must',
      asks: 'Use no metadata that names another issuer than the requested one.',
      state: 'met',
      code: ['lib/oauth/discover-metadata.ts#discoverMetadata'],
      tests: [
        'lib/oauth/odd-metadata.test.ts > the issuer is still compared letter by letter',
        'lib/oauth/odd-metadata.test.ts > a document of another issuer at one place does not hide the right one at the next',
        'lib/oauth/resolve-endpoints.test.ts > of an issuer that ends in a slash is taken when it says the slash, as Auth0’s does',
      ],
    },
    {
      id: '4',
      level: 'must',
      asks: 'Compare strings code point by code point, without Unicode normalisation.',
      state: 'met',
      code: ['lib/oauth/discover-metadata.ts#discoverMetadata'],
      tests: ['lib/oauth/odd-metadata.test.ts > the issuer is still compared letter by letter'],
    },
    {
      id: '6.1',
      level: 'must',
      asks: 'Check the certificate of the server that gives the metadata.',
      state: 'met',
      code: ['lib/outbound/guarded-fetch.ts#createGuardedFetch'],
      tests: [
        'lib/outbound/guarded-fetch.test.ts > that nobody vouches for are refused, also where the environment says not to look',
      ],
    },
    {
      id: '6.2',
      level: 'must',
      asks: 'Make sure that the issuer in the metadata is exactly the one of the request, against a server that plays another.',
      state: 'met',
      code: ['lib/oauth/discover-metadata.ts#discoverMetadata', 'lib/providers/issuer-faults.ts#issuerFaults'],
      tests: [
        'lib/authorization/mix-up.db.test.ts > metadata that names the honest authorization endpoint begins no flow',
        'lib/oauth/odd-metadata.test.ts > but not without one that names another issuer',
      ],
    },
  ],
};
