import { callAsClient } from '#lib/oauth/client-call';
import { OAuthError } from '#lib/oauth/oauth-error';
import { callProvider, readObject, sentAt } from '#lib/oauth/provider-call';
import { type AnswerTo, type NormalisedAnswer, normaliseTokenAnswer, receivedTokens } from '#lib/oauth/token-answer';
import { deadGrant, type Grant, providerErrorOf, saysDead, tokenEndpointError } from '#lib/oauth/token-error';
import type { OAuthDeps, OAuthProvider } from '#lib/oauth/types';

export interface TokenExchange {
  /** To be given to openid-client as its `customFetch`. */
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** What the token endpoint answered, in one shape, once it has. */
  answer: () => NormalisedAnswer | null;
}

/** The request as the record wants it: a JSON body, or no `Accept`. */
function shapeRequest(provider: OAuthProvider, init: RequestInit): { init: RequestInit; grant: Grant } {
  const parameters = new URLSearchParams(init.body as URLSearchParams);
  const headers = new Headers(init.headers);
  if (!provider.accept_json) headers.delete('accept');
  const json = provider.token_request_format === 'json';
  headers.set('content-type', json ? 'application/json' : 'application/x-www-form-urlencoded');
  const body = json ? JSON.stringify(Object.fromEntries(parameters)) : parameters.toString();
  const grant = parameters.get('grant_type') === 'refresh_token' ? 'refresh_token' : 'authorization_code';
  return { init: { ...init, headers, body }, grant };
}

/** Tells errors from tokens. A code in a 200 counts as an error only where the record says so. */
function interpret(
  provider: OAuthProvider,
  wanted: AnswerTo,
  status: number,
  body: Record<string, unknown> | null,
): NormalisedAnswer {
  if (!body) throw new OAuthError('token_answer_invalid', { detail: `http_${status}_unreadable` });
  const error = providerErrorOf(body);
  if (wanted.grant === 'refresh_token' && saysDead(provider, status, body)) throw deadGrant(error, status);
  if (status >= 400) {
    if (error) throw tokenEndpointError(provider, wanted.grant, error, status);
    throw new OAuthError('token_answer_invalid', { detail: `http_${status}` });
  }
  if (error && provider.error_in_200) throw tokenEndpointError(provider, wanted.grant, error, status);
  return normaliseTokenAnswer(provider, body, wanted);
}

/**
 * Stands between openid-client and the token endpoint and straightens what providers bend: errors in a 200,
 * form-encoded answers, a missing `token_type`, nested tokens, JSON requests, HTML from a proxy. Other requests of the
 * library (keys) pass with their failures coded. An ID token is handed on only when `expectIdToken`.
 */
export function tokenExchange(provider: OAuthProvider, deps: OAuthDeps, expectIdToken: boolean): TokenExchange {
  let answer: NormalisedAnswer | null = null;
  return {
    answer: () => answer,
    fetch: async (url, init) => {
      if (init.method !== 'POST') return callProvider(provider, url, init, deps);
      const request = shapeRequest(provider, init);
      const response = await callAsClient(provider, url, request.init, deps);
      const answeredAt = sentAt(response) ?? deps.now().getTime() / 1000;
      const wanted = { grant: request.grant, expectIdToken, answeredAt };
      const body = await readObject(response);
      const received = body && receivedTokens(provider, body, answeredAt);
      if (received) deps.received?.(received);
      answer = interpret(provider, wanted, response.status, body);
      const { access_token, token_type, id_token } = answer;
      const straight = { access_token, token_type, ...(id_token ? { id_token } : {}) };
      return Response.json(straight);
    },
  };
}
