import type { ErrorCode } from '#lib/errors';

const afterRetryAfter = 'Send it again after `Retry-After` seconds.';

/** What a service does about each error that the API answers; stands in the document beside the error's example. */
export const advice = {
  invalid_request: 'Mend the request; `issues` names the fields. Sending it again as it is does not help.',
  invalid_api_key: 'Send a live key. An administrator makes keys in the hub.',
  insufficient_scope: 'Send a key with the scope that the operation names.',
  ip_not_allowed: 'Call from an address that the key is for, or ask an administrator.',
  not_found: 'Check the id. The hub answers as if a connection did not exist where the key is not for it.',
  needs_reconnect: 'Ask the person to reconnect. Sending it again does not help until then.',
  refreshed_lately:
    'The token that you report was issued less than 30 seconds ago. Ask the provider again with it; report it after `Retry-After` seconds if it is still refused.',
  revoked: 'Final. Connecting again makes another connection with another id.',
  frozen: 'An administrator stopped it; ask them.',
  body_too_large: 'Send less: at most 64 KiB.',
  rate_limited: `${afterRetryAfter} \`RateLimit\` says on every answer how much is left.`,
  provider_unavailable: afterRetryAfter,
  provider_configuration: 'Tell an administrator: only they can mend it.',
  grant_in_doubt: `${afterRetryAfter} It is either renewed by then or answered with \`needs_reconnect\`.`,
  refresh_in_progress: afterRetryAfter,
  unavailable: afterRetryAfter,
} as const satisfies Partial<Record<ErrorCode, string>>;

/** An error that an operation of the API may answer. */
export type AnsweredCode = keyof typeof advice;
