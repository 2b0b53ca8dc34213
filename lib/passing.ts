/**
 * Failures that pass by themselves: the database is out of reach, full, read-only, overloaded or being restarted, or
 * this process is. Nothing is wrong with the request, and the same request may succeed later. Everything else is a
 * fault.
 */

/** Seconds after which trying again makes sense: most of it is over at once; the rest waits for an operator. */
const soonSeconds = 2;
const laterSeconds = 15;

/** Codes of Node and of the drivers for a connection that is lost or could not be made. */
const connectionCodes: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  ...['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPIPE', 'ENOTCONN', 'ENETRESET'],
  ...['CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED'],
]);

/** Codes of the operating system for what an operator makes room for, or gives back. */
const resourceCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM', 'EIO']);

/**
 * Errors of Node and the driver for a server with a certificate or proof that is not accepted, as while it is being
 * replaced.
 */
const distrusted = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|SASL_)/;

/** The embedded database once it was told to end; its error has no code. */
const embeddedEnded = /^PGlite is clos(?:ed|ing)$/;

/** Seconds by SQLSTATE, the whole code or its class (PostgreSQL, Appendix A). */
const states: ReadonlyMap<string, number> = new Map([
  // The connection, a pooler's own refusal (08P01), rolled back for another's sake, locked, cancelled, restarting
  ...(['08', '40', '55', '57'] as const).map((state) => [state, soonSeconds] as const),
  // Too many connections; the rest of its class is a full disk and lacking memory
  ['53300', soonSeconds],
  // Full or lacking resources, a changed password or rule, the machine's own faults
  ...(['53', '28', '58'] as const).map((state) => [state, laterSeconds] as const),
  // Read-only after a failover; a database that is being replaced
  ...(['25006', '3D000'] as const).map((state) => [state, laterSeconds] as const),
  // This process stood still in a transaction
  ...(['25P03', '25P04'] as const).map((state) => [state, soonSeconds] as const),
]);

function secondsFor(code: string): number | undefined {
  if (/^[0-9A-Z]{5}$/.test(code)) {
    const known = states.get(code) ?? states.get(code.slice(0, 2));
    if (known !== undefined) return known;
  }
  if (connectionCodes.has(code)) return soonSeconds;
  return resourceCodes.has(code) || distrusted.test(code) ? laterSeconds : undefined;
}

/**
 * Seconds after which the same may well succeed, for what passes by itself; undefined for every other error. Looks at
 * codes only, of the error and of its causes.
 */
export function passesAfterSeconds(error: unknown): number | undefined {
  // A cause may name its own effect.
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    const seconds = 'code' in at && typeof at.code === 'string' ? secondsFor(at.code) : undefined;
    if (seconds !== undefined) return seconds;
    if (embeddedEnded.test(at.message)) return soonSeconds;
  }
  return undefined;
}
