import { randomBytes } from 'node:crypto';
import { isClient } from '#demo/odd/client';
import type { Grant, Grants, Issued, OddPerson } from '#demo/odd/grants';
import type { OddIdToken } from '#demo/odd/id-token';
import { fillParts, type Layout } from '#demo/odd/layout';
import type { Answer, Asked, OddParts, Place } from '#demo/odd/oddity';

/** What the standard endpoints work with. */
export interface Standard {
  readonly parts: OddParts;
  readonly grants: Grants;
  readonly layout: Layout;
  readonly idToken: OddIdToken;
  /** Authorization requests that the client sent by itself, by their names (RFC 9126). */
  readonly requests: Map<string, URLSearchParams>;
}

/** What the standard server says to a request, before any oddity. */
export interface Said {
  answer: Answer;
  grantType?: string;
  issued?: Issued;
  grant?: Grant | null;
}

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => ({
  ...{ status, body, format: 'json' as const },
  headers: { 'cache-control': 'no-store', ...headers },
});
const refused = (error: string, status = 400): Said => ({
  answer: answer(status, { error, error_description: error }),
});

/** Claims about a person (OpenID Connect Core §5.1). */
export const claimsOf = ({ subject, name, login, email }: OddPerson) => ({
  ...{ sub: subject, name, preferred_username: login, email, email_verified: true },
});

async function token(asked: Asked, standard: Standard): Promise<Said> {
  if (asked.method !== 'POST') return refused('invalid_request', 405);
  if (!isClient(asked, standard.parts)) return refused('invalid_client', 401);
  const { parameters } = asked;
  const grantType = parameters.get('grant_type') ?? '';
  if (grantType === 'authorization_code') {
    const given = [
      parameters.get('code') ?? '',
      parameters.get('code_verifier'),
      parameters.get('redirect_uri'),
    ] as const;
    const grant = standard.grants.takeCode(...given);
    if (!grant) return { ...refused('invalid_grant'), grantType };
    const issued = standard.grants.issue(grant);
    if (grant.scopes.includes('openid')) issued.id_token = await standard.idToken.make(grant, standard.parts);
    return { answer: answer(200, tokenAnswer(issued)), grantType, issued, grant };
  }
  if (grantType === 'refresh_token') {
    const grant = standard.grants.takeRefreshToken(parameters.get('refresh_token') ?? '');
    if (!grant) return { ...refused('invalid_grant'), grantType };
    const issued = standard.grants.issue(grant);
    return { answer: answer(200, tokenAnswer(issued)), grantType, issued, grant };
  }
  return refused('unsupported_grant_type');
}

const tokenAnswer = ({ access_token, refresh_token, expires_in, scope, id_token }: Issued) => ({
  ...{ access_token, token_type: 'Bearer', expires_in, refresh_token, scope },
  ...(id_token === undefined ? {} : { id_token }),
});

/** The token that an API call shows. */
const shownToken = ({ headers }: Asked): string => /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';

/** A call with an access token, answered about its person. */
function call(asked: Asked, { grants }: Standard): Said {
  const found = grants.look(shownToken(asked));
  if (found?.kind !== 'access_token') {
    return { answer: answer(401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer error="invalid_token"' }) };
  }
  const { person } = found.grant;
  const bodies: Partial<Record<Place, unknown>> = {
    emails: [{ email: person.email, primary: true, verified: true }],
    lookup: [{ id: 'site-1', name: 'First site' }],
  };
  return { answer: answer(200, bodies[asked.place] ?? claimsOf(person)), grant: found.grant };
}

/** A token for a token, without a refresh: the one that is shown goes on. */
function renewal(asked: Asked, { parts, grants }: Standard): Said {
  const found = grants.look(asked.parameters.get('access_token') ?? '');
  if (found?.kind !== 'access_token') return refused('invalid_grant');
  if (asked.place === 'upgrade' && asked.parameters.get('client_secret') !== parts.clientSecret)
    return refused('invalid_client', 401);
  const issued = grants.issue(found.grant);
  return { answer: answer(200, tokenAnswer(issued)), grantType: 'refresh_token', issued, grant: found.grant };
}

/** Takes an authorization request of the client itself (RFC 9126 §2). */
function pushed(asked: Asked, { parts, requests }: Standard): Said {
  if (asked.method !== 'POST') return refused('invalid_request', 405);
  if (!isClient(asked, parts)) return refused('invalid_client', 401);
  if (asked.parameters.has('request_uri')) return refused('invalid_request');
  const request_uri = `urn:ietf:params:oauth:request_uri:${randomBytes(16).toString('base64url')}`;
  const request = new URLSearchParams([...asked.parameters].filter(([name]) => !name.startsWith('client_')));
  request.set('client_id', parts.clientId);
  requests.set(request_uri, request);
  return { answer: answer(201, { request_uri, expires_in: 90 }) };
}

/** The parameters of an authorization request: its own, or those that were sent before; each can be used once. */
export function requestOf({ parameters }: Asked, { requests }: Standard): URLSearchParams {
  const name = parameters.get('request_uri');
  if (name === null) return parameters;
  const request = requests.get(name);
  requests.delete(name);
  const known = request?.get('client_id') === parameters.get('client_id');
  return known && request ? request : new URLSearchParams();
}

function revocation(asked: Asked, { parts, grants }: Standard): Said {
  if (!isClient(asked, parts)) return refused('invalid_client', 401);
  const value = asked.parameters.get('token') ?? '';
  const grant = grants.look(value)?.grant ?? null;
  grants.revoke(value);
  return { answer: answer(200, ''), grant };
}

function introspection(asked: Asked, { parts, grants }: Standard): Said {
  if (!isClient(asked, parts)) return refused('invalid_client', 401);
  const found = grants.look(asked.parameters.get('token') ?? '');
  if (!found) return { answer: answer(200, { active: false }) };
  const { grant, endsAt } = found;
  const body = {
    active: true,
    scope: grant.scopes.join(' '),
    exp: Math.floor(endsAt / 1000),
    ...claimsOf(grant.person),
  };
  return { answer: answer(200, body), grant };
}

function metadata(asked: Asked, { parts, layout }: Standard): Said {
  const url = (place: Place) => {
    const route = layout.routes.find((one) => one.place === place);
    return route && fillParts(route.url, asked.parts);
  };
  const document = {
    issuer: parts.issuer(asked.parts),
    authorization_endpoint: url('authorization'),
    token_endpoint: url('token'),
    pushed_authorization_request_endpoint: url('pushed'),
    revocation_endpoint: url('revocation'),
    introspection_endpoint: url('introspection'),
    userinfo_endpoint: url('userinfo'),
    jwks_uri: url('jwks'),
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    id_token_signing_alg_values_supported: ['RS256'],
    authorization_response_iss_parameter_supported: true,
  };
  return { answer: answer(200, document) };
}

/** Answers a request as the standards say. Authorization requests are the pages' (`front.ts`). */
export async function answerStandard(asked: Asked, standard: Standard): Promise<Said> {
  switch (asked.place) {
    case 'token':
      return token(asked, standard);
    case 'revocation':
      return revocation(asked, standard);
    case 'introspection':
      return introspection(asked, standard);
    case 'pushed':
      return pushed(asked, standard);
    case 'metadata':
      return metadata(asked, standard);
    case 'upgrade':
    case 'renewal':
      return renewal(asked, standard);
    case 'jwks':
      return { answer: answer(200, standard.idToken.jwks) };
    default:
      return call(asked, standard);
  }
}
