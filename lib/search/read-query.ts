import { isIP } from 'node:net';
import { apiKeyPrefix, isApiKeyFormat } from '#lib/api-keys/key-format';
import { personOfConnection } from '#lib/ids';
import { isSearchable } from '#lib/search-text';

/** What a text is, by its form alone. */
export type Query =
  | { kind: 'nothing' }
  | { kind: 'too_short' }
  /** A whole API key or token, which must stand in no address: an API key is found by its prefix. */
  | { kind: 'secret'; prefix: string | null }
  | { kind: 'request'; reference: string }
  | { kind: 'address'; ip: string }
  | { kind: 'fingerprint'; fingerprint: string }
  | { kind: 'id'; of: IdKind; id: string }
  | { kind: 'words'; text: string };

/** What the product's ids begin with, by what has them. */
const idKinds = {
  per: 'person',
  con: 'connection',
  key: 'api_key',
  app: 'application',
  alr: 'alert',
  blk: 'bulk_revocation',
} as const;
export type IdKind = (typeof idKinds)[keyof typeof idKinds];

const id = /^(per|con|key|app|alr|blk)_[0-9a-hjkmnp-tv-z]{16,32}$/;
const reference = /^(?:unavailable\.)?((?:req|err)_[0-9a-hjkmnp-tv-z]{16})$/;
/** How ledgers and logs write a network: `203.0.113.0/24`. */
const network = /^(.+)\/\d{1,3}$/;
/** Tokens that say what they are: JSON Web Tokens, and the prefixes of RFC-less but widespread kinds. */
const token = /^(?:Bearer\s+)?(?:eyJ[\w-]+\.[\w-]+|gh[oprsu]_|github_pat_|xox[a-z]-|ya29\.|glpat-)/i;

/** A SHA-256 as the ledger has it, base64; also from hexadecimal and base64url. */
function readFingerprint(text: string): string | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex').toString('base64');
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64url').toString('base64');
  return null;
}

/** Reads what somebody typed or pasted. An id of another case of letters, or in quotes, counts as well. */
export function readQuery(given: string): Query {
  // PostgreSQL takes no zero byte in a text.
  const text = given
    .replaceAll('\0', '')
    .trim()
    .replaceAll(/^["'<(]+|["'>),;.]+$/g, '')
    .trim();
  if (text === '') return { kind: 'nothing' };
  if (isApiKeyFormat(text)) return { kind: 'secret', prefix: apiKeyPrefix(text) };
  if (token.test(text) || text.length > 200) return { kind: 'secret', prefix: null };
  const lower = text.toLowerCase();
  const request = reference.exec(lower)?.[1];
  if (request) return { kind: 'request', reference: request };
  const prefix = id.exec(lower)?.[1] as keyof typeof idKinds | undefined;
  if (prefix && (prefix !== 'con' || personOfConnection(lower))) return { kind: 'id', of: idKinds[prefix], id: lower };
  if (isIP(network.exec(lower)?.[1] ?? lower)) return { kind: 'address', ip: lower };
  const fingerprint = readFingerprint(text);
  if (fingerprint) return { kind: 'fingerprint', fingerprint };
  return isSearchable(text) ? { kind: 'words', text } : { kind: 'too_short' };
}
