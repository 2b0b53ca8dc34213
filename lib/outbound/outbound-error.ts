export type OutboundErrorCode =
  | 'outbound_blocked'
  | 'outbound_timeout'
  | 'outbound_too_large'
  | 'outbound_redirect'
  | 'outbound_failed';

const messages: Record<OutboundErrorCode, string> = {
  outbound_blocked: 'The address of this host may not be called.',
  outbound_timeout: 'The host did not answer in time.',
  outbound_too_large: 'The answer of the host was too large.',
  outbound_redirect: 'The host answered with a redirect, which is not followed.',
  outbound_failed: 'The host could not be reached.',
};

/**
 * Why an outbound request gave no answer. `host` is the host that was called, never the path or query, which may
 * carry secrets. `reason` is a short code of the runtime (`ECONNREFUSED`, `DEPTH_ZERO_SELF_SIGNED_CERT`), or null.
 */
export class OutboundError extends Error {
  readonly code: OutboundErrorCode;
  readonly host: string;
  readonly reason: string | null;
  /** False only where no byte of the request was written: then the host cannot have read it, let alone acted on it. */
  sent: boolean;

  constructor(code: OutboundErrorCode, host: string, reason: string | null = null) {
    super(messages[code]);
    this.name = 'OutboundError';
    this.code = code;
    this.host = host;
    this.reason = reason;
    this.sent = code !== 'outbound_blocked';
  }
}
