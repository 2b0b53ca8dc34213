import type { LookupAddress } from 'node:dns';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { bareHostname } from '#lib/config/address-class';
import { checkUrl, guardedLookup, hostOrigin, type ResolveAll } from '#lib/outbound/connect-policy';
import { OutboundError } from '#lib/outbound/outbound-error';

/** A server's certificate, as it showed it. */
export interface SeenCertificate {
  validTo: Date | null;
  /** Why it is not accepted: OpenSSL's or Node's code. Null: it is accepted. */
  refusedFor: string | null;
}

/** How far a connection to a host came. A step that was not reached is null. */
export interface HostInspection {
  /** How many addresses the name has; 1 for an address literal. */
  addresses: number | null;
  connected: boolean | null;
  /** Null for plain http, too. */
  certificate: SeenCertificate | null;
  /** Why it came no further, as a short code; null where it came to the end. */
  reason: string | null;
}

export interface InspectOptions {
  /** Hosts that the operator wrote; others may only be public. */
  operatorHosts: readonly string[];
  timeoutMs: number;
  resolve?: ResolveAll;
}

const codeOf = (error: unknown): string =>
  error instanceof OutboundError
    ? error.code
    : error instanceof Error && 'code' in error
      ? String(error.code)
      : 'failed';

function resolved(lookup: LookupFunction, hostname: string): Promise<LookupAddress[]> {
  if (isIP(hostname)) return Promise.resolve([{ address: hostname, family: isIP(hostname) }]);
  return new Promise((resolve, reject) => {
    lookup(hostname, { all: true }, (error, found) =>
      error ? reject(error) : resolve(found as unknown as LookupAddress[]),
    );
  });
}

/** Waits for an event of a socket, or for its end. */
function once(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new OutboundError('outbound_timeout', ''));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once(event, () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(new OutboundError('outbound_failed', '', 'closed')));
  });
}

function certificateOf(socket: TLSSocket): SeenCertificate {
  const validTo = Date.parse(socket.getPeerCertificate().valid_to ?? '');
  // Node gives the code as text, against its types.
  const refusal = socket.authorizationError as unknown;
  return {
    validTo: Number.isNaN(validTo) ? null : new Date(validTo),
    refusedFor: socket.authorized ? null : typeof refusal === 'string' ? refusal : codeOf(refusal),
  };
}

/**
 * Looks a host up, connects to it and reads its certificate, under the same rules as the guarded fetch. Not one byte of a
 * request is sent: this says why the guarded fetch does not come through, and when the certificate ends. Never throws.
 */
export async function inspectHost(url: URL, { operatorHosts, timeoutMs, resolve }: InspectOptions) {
  const found: HostInspection = { addresses: null, connected: null, certificate: null, reason: null };
  const signal = AbortSignal.timeout(timeoutMs);
  const host = bareHostname(url);
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  let socket: Socket | undefined;
  try {
    const origin = hostOrigin(url, new Set(operatorHosts));
    checkUrl(url, origin);
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new OutboundError('outbound_timeout', host)), { once: true });
    });
    const addresses = await Promise.race([resolved(guardedLookup(origin, resolve), host), late]);
    found.addresses = addresses.length;
    found.connected = false;
    // The connection goes to the addresses that were checked.
    const lookup: LookupFunction = (_name, options, callback) => {
      if (options.all) return callback(null, addresses);
      callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    };
    const options = { host, port, lookup };
    // The certificate is only looked at: the socket is closed before anything is written, whatever it is.
    socket = secure
      ? connectTls({ ...options, ...(isIP(host) ? {} : { servername: host }), rejectUnauthorized: false })
      : connectTcp(options);
    await Promise.all([
      once(socket, 'connect', signal).then(() => {
        found.connected = true;
      }),
      secure ? once(socket, 'secureConnect', signal) : undefined,
    ]);
    if (socket instanceof TLSSocket) found.certificate = certificateOf(socket);
  } catch (error) {
    found.reason = codeOf(error);
  } finally {
    socket?.on('error', () => {});
    socket?.destroy();
  }
  return found;
}
