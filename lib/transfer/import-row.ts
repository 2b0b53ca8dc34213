import { z } from 'zod';

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
    (value) => (typeof value === 'number' ? String(value) : blank(value)),
    z.string().min(1).max(most).nullable().default(null),
  );
/** An id of an application's own, as connect sessions take it. */
const ownId = idText(200).refine(
  (id) => id === null || /^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(id),
  'must be one line of text',
);

const columns = z.object({
  /** A person's id here, e-mail address, or subject at the provider that they sign in with; null beside `application`. */
  user_id: idText(255),
  /** An application by its id here; `tenant` and `user` are its own ids of one of its people. */
  application: optional(z.string().max(64)),
  tenant: ownId,
  user: ownId,
  /** The name by which the application knows them; taken where the row makes them known. */
  user_label: ownId,
  access_token: z.preprocess((value) => value ?? '', tokenText),
  refresh_token: optional(tokenText),
  /** Null: nothing is known of its end. */
  expires_at: optional(moment),
  /** The account at the provider. Without it the provider is asked, with the access token. */
  subject: optional(z.string().max(255)),
  label: optional(z.string().max(255)),
  /** Granted scopes; null where the source does not know them. */
  scopes: optional(
    z.union([
      z.array(z.string().max(255)).max(200),
      z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean)),
    ]),
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

/** Faults name fields, and never say what stood in them. */
export function faultsOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'the row'}: ${message}`).join('; ');
}
