import { fingerprintOf } from '#lib/connections/fingerprint';
import type { Evidence, ProofState, TokenEvidence } from '#lib/db/schema/revocations';
import type { GrantTokens } from '#lib/oauth/revoke-token';
import type { TriedToken } from '#lib/revocation/try-tokens';

/**
 * Whether an access token reads as a self-contained one: a JWS or JWE in compact form (RFC 7519 §3). Services may take
 * such a token by its signature alone until it ends, whatever the provider says of it.
 */
export function isSelfContained(token: string): boolean {
  const parts = token.split('.');
  if (parts.length !== 3 && parts.length !== 5) return false;
  try {
    const header: unknown = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString('utf8'));
    return typeof header === 'object' && header !== null && 'alg' in header;
  } catch {
    return false;
  }
}

/** The evidence from before the provider was told. A token that ended by itself is not tried. */
export function firstEvidence(tried: readonly TriedToken[], selfContained: boolean): Evidence {
  return {
    tokens: tried.map(({ answer, ...tried }) => ({ ...tried, before: answer, after: null, at: null })),
    selfContained,
  };
}

/** Whether the evidence is about these very tokens: a refresh between two attempts brings others. */
export function isAbout({ tokens }: Evidence, { accessToken, refreshToken }: GrantTokens): boolean {
  const now = { access_token: accessToken, refresh_token: refreshToken };
  return tokens.every(({ token, fingerprint }) => {
    const held = now[token];
    return fingerprint === undefined || (held !== null && fingerprintOf(held) === fingerprint);
  });
}

/** Adds what was found afterwards. `expired` names an access token that had ended by then. */
export function withAnswers(
  evidence: Evidence,
  tried: readonly TriedToken[],
  found: { at: string; accessTokenExpired: boolean },
): Evidence {
  const { at } = found;
  const tokens = evidence.tokens.map((one): TokenEvidence => {
    if (one.token === 'access_token' && found.accessTokenExpired) return { ...one, after: 'expired', at };
    const answered = tried.find(({ token }) => token === one.token);
    // A call that failed takes nothing from what an earlier one found.
    if (!answered || (answered.answer === 'unknown' && one.after !== null)) return one;
    return { ...one, by: answered.by ?? one.by, after: answered.answer, at };
  });
  return { ...evidence, tokens };
}

/** True for a token that was taken before its provider was told, and refused afterwards. Nothing less is proof. */
export const isProvedDead = ({ before, after }: TokenEvidence): boolean => before === 'accepted' && after === 'refused';

/** The result of the evidence. A token that is still accepted outweighs one that was proved dead. */
export function verdictOf({ tokens }: Evidence): Exclude<ProofState, 'none' | 'due'> {
  if (tokens.some(({ after }) => after === 'accepted')) return 'still_accepted';
  return tokens.some(isProvedDead) ? 'proved' : 'not_provable';
}

/**
 * Whether a service that does not ask the provider may still honour the access token until its end: a self-contained one
 * always, another one unless the provider was seen to refuse it.
 */
export function mayBeHonoured({ tokens, selfContained }: Evidence): boolean {
  const access = tokens.find(({ token }) => token === 'access_token');
  if (!access || access.after === 'expired') return false;
  return selfContained || access.after !== 'refused';
}
