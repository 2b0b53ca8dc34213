import { z } from 'zod';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { missingScopes, noScopeRules, unheldScopes } from '#lib/oauth/scopes';
import type { VendRow } from '#lib/tokens/vend-query';

/**
 * Why a service reads, in its own words. Without control, formatting, private and unassigned characters, since it is
 * shown in the ledger beside other text and goes into exports.
 */
export const purposeText = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, 'must be text of one line');

/** The scopes that a service will use, at most 50 (RFC 6749 §3.3). */
export const statedScopesList = z
  .array(
    z
      .string()
      .max(255)
      .regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'is not a scope (RFC 6749 §3.3)'),
  )
  .min(1)
  .max(50);

/** What a service states about a read. */
export interface StatedUse {
  purpose?: string | undefined;
  scopes?: string[] | undefined;
}

/**
 * Refuses scopes that the connection can not have: outside of what it asked for, what it was granted, and what the
 * record asks for today. A wrong statement in the ledger would be worse than none.
 * @throws AppError `unknown_scope` with the place of each, not its text
 */
export function assertStatable(ctx: Context, row: VendRow, { scopes }: StatedUse): void {
  if (!scopes) return;
  const provider = ctx.providers.get(row.provider);
  const known = [...row.scopes_requested, ...(row.scopes_granted ?? []), ...(provider?.scopes ?? [])];
  const unknown = new Set(unheldScopes(provider ?? noScopeRules, scopes, known));
  if (unknown.size === 0) return;
  const issues = scopes.flatMap((scope, n) =>
    unknown.has(scope) ? [{ path: `scopes.${n}`, message: 'is no scope of this connection or of its provider' }] : [],
  );
  throw new AppError('unknown_scope', { issues });
}

/**
 * The scopes that were not granted, of the connection's request and of the call's statement: it may state one that the
 * connection never asked for.
 */
export function scopesMissing(ctx: Context, row: VendRow, { scopes = [] }: StatedUse): string[] {
  const granted = row.scopes_granted;
  if (granted === null) return [];
  const rules = ctx.providers.get(row.provider) ?? noScopeRules;
  // A statement may use any spelling; the request has one. Most calls state nothing.
  const stated = scopes.length > 0 ? unheldScopes(rules, scopes, granted) : [];
  const asked = [...row.scopes_requested, ...stated];
  const proofs = { refreshToken: row.refreshable, idToken: row.id_token_checked };
  return [...new Set(missingScopes(rules, asked, granted, proofs))];
}

/** What of it goes into the entry of the read: each scope once. */
export function statedDetails({ purpose, scopes }: StatedUse): { purpose?: string; stated_scopes?: string[] } {
  return { ...(purpose ? { purpose } : {}), ...(scopes ? { stated_scopes: [...new Set(scopes)].sort() } : {}) };
}
