import { z } from 'zod';

const scopeToken = z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'is not a scope (RFC 6749 §3.3)');
const scopeSeparators = [' ', ',', '+', ';', '|', ':'] as const;

/** The fields of an entry that say which scopes are asked for, and how its server writes them. */
export const scopeFields = {
  scopes: z.array(scopeToken).optional(),
  sign_in_scopes: z.array(scopeToken).optional(),
  scope_sep_out: z.enum(scopeSeparators).optional(),
  scope_sep_in: z.enum(scopeSeparators).optional(),
  absent_scope: z.enum(['as_asked', 'unknown']).optional(),
  scope_source: z.enum(['token_answer', 'redirect']).optional(),
  /** Where in the answer they stand: member names joined by dots. */
  scope_field: z
    .string()
    .regex(/^[^.\s]+(\.[^.\s]+){0,7}$/, 'must be member names joined by dots')
    .optional(),
  scope_aliases: z.record(scopeToken, z.array(scopeToken).min(1)).optional(),
  scope_implies: z.record(scopeToken, z.array(scopeToken).min(1)).optional(),
  scope_prefixes: z.array(scopeToken).min(1).optional(),
  scope_case: z.enum(['sensitive', 'insensitive']).optional(),
  unechoed_scopes: z.array(scopeToken).min(1).optional(),
  scope_descriptions: z.record(z.string(), z.string().min(1)).optional(),
};
