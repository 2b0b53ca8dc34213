import { z } from 'zod';
import { isOwnId, isSubject, plainText } from '#lib/plain-text';

/** Characters of a token that goes into a header: RFC 6749 Appendix A.12 and A.17 (VSCHAR). */
const tokenText = z
  .string('is no text')
  .min(1, 'is missing')
  .max(16_384, 'is longer than 16384 characters')
  .regex(/^[\x20-\x7e]*$/, 'has characters that no token has');

/** ISO 8601 with an offset, or seconds since 1970. PostgreSQL writes `+00` for the offset. */
const moment = z.union([z.string(), z.number()]).transform((value, ctx) => {
  const seconds = typeof value === 'number' || /^\d{9,11}$/.test(value) ? Number(value) : undefined;
  const text = String(value).replace(/([+-]\d\d)$/, '$1:00');
  const zoned = seconds !== undefined || /(?:Z|[+-]\d\d:?\d\d)$/i.test(text);
  const at = new Date(seconds === undefined ? text : seconds * 1000);
  if (zoned && !Number.isNaN(at.getTime())) return at;
  ctx.addIssue('is neither a moment with its offset nor seconds since 1970');
  return z.NEVER;
});

const blank = (value: unknown) => (value === '' ? null : value);
const optional = <T extends z.ZodType>(schema: T) => z.preprocess(blank, schema.nullable().default(null));

const idText = (most: number) =>
  z.preprocess(
    // One that was rounded on the way would be another person's.
    (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : blank(value)),
    z.string().min(1).max(most).nullable().default(null),
  );
/** An id of an application's own, as connect sessions take it. */
const ownId = idText(200).refine((id) => id === null || isOwnId(id), 'must be one line of text, and an id');
/** What names one account or person, or none: `null` and the like would make one of many. */
const subjectText = idText(255).refine((id) => id === null || isSubject(id), 'is no id of one account');
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/, 'has a text that is no scope (RFC 6749 §3.3)');

const columns = z.object({
  /** A person's id here, e-mail address, or subject at the provider that they sign in with; null beside `application`. */
  user_id: subjectText,
  /** An application by its id here; `tenant` and `user` are its own ids of one of its people. */
  application: optional(z.string().max(64)),
  tenant: ownId,
  user: ownId,
  /** The name by which the application knows them; taken where the row makes them known. */
  user_label: optional(z.string().max(200)).transform((name) => name && plainText(name)),
  access_token: z.preprocess((value) => value ?? '', tokenText),
  refresh_token: optional(tokenText),
  /** Null: nothing is known of its end. */
  expires_at: optional(moment),
  /** The account at the provider. Without it the provider is asked, with the access token. */
  subject: subjectText,
  label: optional(z.string().max(255)).transform((name) => name && plainText(name)),
  /** Granted scopes; null where the source does not know them. */
  scopes: optional(
    z
      .union([z.array(z.string()), z.string().transform((text) => text.split(/[\s,]+/))])
      .transform((scopes) => scopes.filter(Boolean))
      .pipe(z.array(scope).max(200)),
  ),
});

/** What a row may have. Names beside these are not read. */
export const columnNames: readonly string[] = Object.keys(columns.shape);

/** A row to import: the columns of `oauth_tokens`, and what else a source may know. */
export const importRow = columns
  .refine(({ user_id, application }) => (user_id === null) !== (application === null), {
    path: ['user_id'],
    message: 'is missing, or stands beside application',
  })
  .refine(({ application, user }) => application === null || user !== null, { path: ['user'], message: 'is missing' })
  .refine(({ application, tenant, user, user_label }) => application !== null || !(tenant ?? user ?? user_label), {
    path: ['application'],
    message: 'is missing',
  });
export type ImportRow = z.output<typeof importRow>;

/** A line of the source: a row to look at, or why there is none. Never a token. */
export type SourceLine = { line: number; row: unknown } | { line: number; fault: string };

/** Why a row cannot travel to the hub, or null. */
function faultOfShape(row: unknown): string | null {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'is no row';
  const values = Object.values(row).flatMap((value: unknown) => value);
  if (values.some((value) => typeof value === 'object' && value !== null)) return 'has a value within a value';
  const texts = values.filter((value) => typeof value === 'string');
  if (texts.some((text) => text.includes('\0'))) return 'has a zero byte';
  return texts.every((text) => text.isWellFormed()) ? null : 'has half of a character';
}

/**
 * The line; a fault in the place of a row with other values than texts, numbers and lists of them, or with what
 * no text of PostgreSQL has. A row that cannot travel would stop all others of its part.
 */
export function wellShaped(one: SourceLine): SourceLine {
  const fault = 'row' in one ? faultOfShape(one.row) : null;
  return fault === null ? one : { line: one.line, fault };
}

/** Faults name fields, and never say what stood in them. */
export function faultsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'the row'}: ${message}`).join('; ');
}
