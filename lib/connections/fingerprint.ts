import { hash } from 'node:crypto';

/**
 * The name of a token that does not tell it: its SHA-256 in base64 with padding, as GitHub's audit log writes
 * `hashed_token`. The same form wherever a token is meant, so that reads, proofs and a provider's own log can be
 * joined.
 */
export const fingerprintOf = (token: string): string => hash('sha256', token, 'base64');
