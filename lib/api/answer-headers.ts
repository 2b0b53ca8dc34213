/** Headers that answers of the API carry, for the document's `components`. */
export const answerHeaders = {
  'X-Request-Id': {
    description: 'Names the request in the hub’s log and ledger. On every answer.',
    schema: { type: 'string', example: 'req_0a1b2c3d4e5f6g7h' },
  },
  'RateLimit-Policy': {
    description:
      'How many calls a key may make in how many seconds, at each process of the hub (draft-ietf-httpapi-ratelimit-headers). Present once the key is known.',
    schema: { type: 'string', example: '"key";q=60000;w=60' },
  },
  RateLimit: {
    description: 'How many of them are left (`r`), and the seconds until all are there again (`t`).',
    schema: { type: 'string', example: '"key";r=59999;t=60' },
  },
  'Retry-After': {
    description: 'Seconds to wait before you send the request again.',
    schema: { type: 'integer', example: 5 },
  },
  'WWW-Authenticate': {
    description:
      'The challenge of RFC 6750: the kind of key that the hub asks for, and the fault of the given one. Without a key in the request it names no fault.',
    schema: { type: 'string', example: 'Bearer realm="grantkeep", error="invalid_token"' },
  },
} as const;

type HeaderName = keyof typeof answerHeaders;

/** The headers of an answer with this status. */
export function headersOf(status: string): HeaderName[] {
  const names: HeaderName[] = ['X-Request-Id'];
  // Refused before the key was looked at, or because of it.
  const keyIsKnown = !['400', '401', '413'].includes(status);
  if (keyIsKnown) names.push('RateLimit-Policy', 'RateLimit');
  if (status === '429' || status === '503') names.push('Retry-After');
  if (status === '401') names.push('WWW-Authenticate');
  return names;
}
