import { secretsOfClient } from '#lib/oauth/basic-credentials';
import { callAsClient } from '#lib/oauth/client-call';
import { getWithinOrigin } from '#lib/oauth/metadata-request';
import { OAuthError } from '#lib/oauth/oauth-error';
import { objectIn, readObject, readText, sentAt } from '#lib/oauth/provider-call';
import { saysError } from '#lib/oauth/provider-codes';
import { keptCode, saidIn, saidInChallenge, secretsOf } from '#lib/oauth/provider-said';
import { renameParameters } from '#lib/oauth/rename-parameters';
import { type AnswerTo, type NormalisedAnswer, normaliseTokenAnswer, receivedTokens } from '#lib/oauth/token-answer';
import {
  deadGrant,
  decisiveCode,
  type Grant,
  refusesClient,
  saysDead,
  tokenEndpointError,
} from '#lib/oauth/token-error';
import type { OAuthDeps, OAuthProvider, Parameters } from '#lib/oauth/types';

export interface TokenExchange {
  /** To be given to openid-client as its `customFetch`. */
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The answer of the token endpoint, in one shape, once it came. */
  answer: () => NormalisedAnswer | null;
}

/** The server's own words for parameters of the protocol, which the record leaves out under their own names. */
const ownWords = ({ token_param_names: names }: OAuthProvider, params: Parameters): [name: string, value: string][] =>
  (['grant_type', 'redirect_uri'] as const).flatMap((name): [string, string][] => {
    const word = names[name] === null ? params[name] : undefined;
    return typeof word === 'string' ? [[name, word]] : [];
  });

/** The request as the record wants it: other names, a JSON body, all in the query, no `Accept`. */
function shapeRequest(provider: OAuthProvider, to: string, init: RequestInit) {
  const parameters = new URLSearchParams(init.body as URLSearchParams);
  const grant: Grant = parameters.get('grant_type') === 'refresh_token' ? 'refresh_token' : 'authorization_code';
  const secrets = secretsOf(parameters);
  const named = [
    ...renameParameters(parameters, provider.token_param_names),
    ...ownWords(provider, grant === 'refresh_token' ? provider.refresh_params : provider.token_params),
  ];
  const headers = new Headers(init.headers);
  if (!provider.accept_json) headers.delete('accept');
  const inQuery = provider.dangerously_token_request_in_query;
  if (inQuery) {
    headers.delete('content-type');
    const url = new URL(to);
    for (const [name, value] of named) url.searchParams.append(name, value);
    return { url: url.href, init: { ...init, method: inQuery, headers, body: null }, grant, secrets };
  }
  const json = provider.token_request_format === 'json';
  headers.set('content-type', json ? 'application/json' : 'application/x-www-form-urlencoded');
  const body = json ? JSON.stringify(asObject(named)) : new URLSearchParams(named).toString();
  return { url: to, init: { ...init, headers, body }, grant, secrets };
}

/** Parameters as members of an object; a repeated one is a list. */
function asObject(parameters: [string, string][]): Record<string, string | string[]> {
  const byName = Map.groupBy(parameters, ([name]) => name);
  const values = [...byName].map(([name, entries]) => [name, entries.map(([, value]) => value)] as const);
  return Object.fromEntries(values.map(([name, all]) => [name, all.length > 1 ? all : (all[0] ?? '')]));
}

/**
 * Tells errors from tokens. An error in a 200 counts as one where the record says so. Elsewhere tokens beside it are
 * taken; without tokens it refuses, and of a refresh stays unclear.
 */
function interpret(
  provider: OAuthProvider,
  wanted: AnswerTo,
  status: number,
  { body, text }: { body: Record<string, unknown> | null; text: string },
  sent: readonly string[],
): NormalisedAnswer {
  const { grant } = wanted;
  const refused = status >= 400;
  const ofRefresh = grant === 'refresh_token';
  const holdsTokens = body !== null && receivedTokens(provider, body, wanted.answeredAt) !== null;
  // Some servers refuse a refresh without a word; the answers to others tell what that means. A page comes from a proxy
  // between.
  const saysNo = refused && !holdsTokens && (body !== null || text === '');
  const silent = ofRefresh && saysNo ? 'refresh_refused' : 'token_answer_invalid';
  if (!body) throw new OAuthError(silent, { detail: `http_${status}_unreadable` });
  const dead = ofRefresh && saysDead(provider, status, body);
  const failed = saysError(body);
  const isError = refused || (provider.error_in_200 && failed);
  if (!dead && !isError && holdsTokens) return normaliseTokenAnswer(provider, body, wanted);
  const said = saidIn(body, sent);
  const code = decisiveCode(provider, grant, status, body) ?? (refused ? null : 'unspecified');
  const error = isError ? code : null;
  const kept = error && keptCode(error, body, sent);
  if (refusesClient(provider, status, body))
    throw new OAuthError('invalid_client', {
      ...said,
      ...(kept ? { providerError: kept } : {}),
      detail: `http_${status}`,
    });
  if (dead) throw deadGrant({ ...said, ...(kept ? { providerError: kept } : {}) }, status);
  if (error && kept) throw tokenEndpointError(provider, grant, error, status, said, kept);
  throw new OAuthError(ofRefresh && failed ? 'refresh_refused' : silent, { ...said, detail: `http_${status}` });
}

/** The code of a refusal without a body, where the challenge has one (RFC 6750 §3). */
function challengedIn({ status, headers }: Response, text: string): Record<string, unknown> | null {
  if (status < 400 || text !== '') return null;
  const { providerError } = saidInChallenge(headers.get('www-authenticate'), []);
  return providerError === undefined ? null : { error: providerError };
}

/**
 * Reads a token endpoint's answer.
 * @param sent secrets of the request, which an answer's words must not bring into the log
 */
export async function readTokenAnswer(
  provider: OAuthProvider,
  wanted: Omit<AnswerTo, 'answeredAt'>,
  response: Response,
  sent: readonly string[],
  deps: OAuthDeps,
): Promise<NormalisedAnswer> {
  const answeredAt = sentAt(response) ?? deps.now().getTime() / 1000;
  const text = await readText(response);
  const secrets = [...sent, ...secretsOfClient(provider)];
  const body = objectIn(text) ?? challengedIn(response, text);
  return interpret(provider, { ...wanted, answeredAt }, response.status, { body, text }, secrets);
}

/**
 * For calls of a token endpoint: tells of the tokens of every answer before anything decides on it. A status that
 * refuses, or an error beside them, does not make them dead.
 */
export function hearing(provider: OAuthProvider, deps: OAuthDeps): OAuthDeps {
  const { received } = deps;
  if (!received) return deps;
  const heard: OAuthDeps['fetch'] = async (url, init) => {
    const response = await deps.fetch(url, init);
    // One that breaks off holds nothing that could be kept; why it does is found by who reads it.
    const body = await readObject(response.clone()).catch(() => null);
    const tokens = body && receivedTokens(provider, body, sentAt(response) ?? deps.now().getTime() / 1000);
    if (tokens) received(tokens);
    return response;
  };
  return { ...deps, fetch: heard };
}

/**
 * Stands between openid-client and the token endpoint and straightens what providers bend: errors in a 200,
 * form-encoded answers, a missing `token_type`, nested tokens, JSON requests, HTML from a proxy. Other requests of the
 * library (keys) pass with their failures coded.
 * @param idToken `ignored`; `kept` in the answer, for a check of our own; or `handed_on` to the library as well, which checks it
 */
export function tokenExchange(
  provider: OAuthProvider,
  deps: OAuthDeps,
  idToken: 'ignored' | 'kept' | 'handed_on',
): TokenExchange {
  let answer: NormalisedAnswer | null = null;
  return {
    answer: () => answer,
    fetch: async (url, init) => {
      if (init.method !== 'POST') return getWithinOrigin(provider, new URL(url), init, deps);
      const request = shapeRequest(provider, url, init);
      const response = await callAsClient(provider, request.url, request.init, hearing(provider, deps));
      answer = await readTokenAnswer(
        provider,
        { grant: request.grant, expectIdToken: idToken !== 'ignored' },
        response,
        request.secrets,
        deps,
      );
      const { access_token, token_type, id_token } = answer;
      const straight = { access_token, token_type, ...(id_token && idToken === 'handed_on' ? { id_token } : {}) };
      return Response.json(straight);
    },
  };
}
