import type { ErrorCode } from '#lib/errors';

const afterRetryAfter = 'Send it again after `Retry-After` seconds.';

/** The advice to a service about each error that the API answers; stands in the document beside the error's example. */
export const advice = {
  invalid_request: 'Mend the request; `issues` names the fields. The same request is refused again.',
  unknown_provider: 'Use a provider that the hub has and that the application and its key are for.',
  person_disabled: 'An administrator of the hub disabled this person. Ask them.',
  connect_session_over: 'Begin a new session. What it held is revoked, unless it was completed.',
  connect_session_mismatch:
    'Connect nothing: the browser that came back is not the one that began. Begin a new session where the person still wants to connect.',
  unknown_scope: 'Correct `scopes`; `issues` names the places. The same request is refused again.',
  invalid_api_key: 'Send a live key. An administrator makes keys in the hub.',
  insufficient_scope: 'Send a key with the scope that the operation names.',
  ip_not_allowed: 'Call from an address that the key is for, or ask an administrator.',
  conflict: 'Read the sentence: it names the limit, or the change that came between.',
  not_found: 'Check the id. Connections that the key is not for are not found either.',
  needs_reconnect: 'Ask the person to reconnect. Until then the call is refused again.',
  refreshed_lately:
    'The provider issued the reported token less than 30 seconds ago. Try it at the provider again. If the provider still refuses it after `Retry-After` seconds, report it then.',
  revoked: 'Final. A person who connects again gets another connection with another id.',
  frozen: 'An administrator froze the connection or the key. Ask them.',
  body_too_large: 'Send less: at most 64 KiB.',
  rate_limited: `${afterRetryAfter} \`RateLimit\` on every answer says how many calls are left.`,
  provider_unavailable: afterRetryAfter,
  provider_configuration: 'Tell an administrator. Only they can mend the set-up.',
  grant_in_doubt: `${afterRetryAfter} By then the hub has renewed the grant, or answers \`needs_reconnect\`.`,
  refresh_in_progress: afterRetryAfter,
  unavailable: afterRetryAfter,
} as const satisfies Partial<Record<ErrorCode, string>>;

/** An error that an operation of the API may answer. */
export type AnsweredCode = keyof typeof advice;
