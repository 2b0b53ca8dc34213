import { isOAuthError, type OAuthError } from '#lib/oauth/types';

/** The words for a call that gave no usable answer. */
export interface FailureWords {
  found: string;
  mend?: string;
  recordLine?: string;
}

const unreachable: Record<string, [found: string, mend: string]> = {
  ENOTFOUND: [
    'The host name does not resolve.',
    'Check the address in the record, and that the machine of the hub can resolve names.',
  ],
  EAI_AGAIN: ['DNS did not answer.', 'Look whether this machine may ask DNS.'],
  ECONNREFUSED: ['Nothing listens at this host and port.', 'Correct the address in the record, or start the server.'],
  ECONNRESET: ['The server closed the connection.', 'Look whether a firewall stands between.'],
  ETIMEDOUT: ['The connection was not made in time.', 'Look whether a firewall stands between.'],
  outbound_timeout: ['The connection was not made in time.', 'Look whether a firewall stands between.'],
  outbound_blocked: [
    'The hub does not call this address: it is private, or not https.',
    'Write the host itself into the record where the hub may call it.',
  ],
};

/** Codes of OpenSSL and Node for certificates that are not accepted. */
const certificates: Record<string, [found: string, mend: string]> = {
  CERT_HAS_EXPIRED: ['The certificate has expired.', 'The server’s operators have to renew it.'],
  CERT_NOT_YET_VALID: ['The certificate is not valid yet.', 'Compare the clock of this machine.'],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'The certificate is self-signed.',
    'Start the hub with NODE_EXTRA_CA_CERTS naming a file with the authority’s certificate.',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: [
    'The certificate comes from an authority that this machine does not know.',
    'Start the hub with NODE_EXTRA_CA_CERTS naming a file with the authority’s certificate.',
  ],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'The server does not send its intermediate certificates, or its authority is not known.',
    'The server’s operators have to send the whole chain.',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'The certificate is for another host name.',
    'Correct the address in the record; the certificate has to name it.',
  ],
};

/** The words for a code of the runtime. */
export function reasonWords(code: string): FailureWords {
  const [found, mend] = unreachable[code] ?? certificates[code] ?? [];
  if (found && mend) return { found, mend };
  return { found: `The connection failed (${code}).`, mend: 'Try the address from the machine of the hub.' };
}

/** True for a code that says that a certificate is not accepted. */
export const isCertificateCode = (code: string): boolean => code in certificates || /CERT|SIGNATURE|ISSUER/.test(code);

const detailOf = (error: OAuthError): string => (error.cause instanceof Error ? error.cause.message : '');

/** `http_503` as `status 503`. */
const status = (detail: string): string => detail.replace(/^http_(\d+).*$/, 'status $1');

/** Why a protocol step failed, in words. @throws a value that is no failure of the protocol */
export function failureWords(error: unknown): FailureWords {
  if (!isOAuthError(error)) throw error;
  const detail = detailOf(error);
  switch (error.code) {
    case 'provider_unreachable':
      return reasonWords(detail);
    case 'outbound_blocked':
      return reasonWords('outbound_blocked');
    case 'provider_timeout':
      return {
        found: 'The server did not answer in time.',
        mend: 'Look whether the server is well, then check again.',
      };
    case 'rate_limited':
      return { found: 'The server asked for fewer calls (status 429).', mend: 'Check again later.' };
    case 'provider_unavailable':
      return detail.startsWith('http_')
        ? {
            found: `The server answered with ${status(detail)}.`,
            mend: 'Look whether the server is well, then check again.',
          }
        : reasonWords(detail || 'failed');
    case 'redirect_refused':
    case 'answer_too_large':
      return error.code === 'redirect_refused'
        ? { found: 'The server answered with a redirect.', mend: 'Write the address that it leads to into the record.' }
        : { found: 'The answer is too large.', mend: 'Look whether the address is that of the endpoint.' };
    default: {
      const said = error.providerError ? `, the server said ${error.providerError}` : '';
      return { found: `${error.code}${detail ? ` (${status(detail)})` : ''}${said}.` };
    }
  }
}
