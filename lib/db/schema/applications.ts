import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { bytea, instant } from '#lib/db/schema/columns';

/** The types of pictures that show one thing everywhere, and run nothing. */
export const logoTypes = ['image/png', 'image/jpeg', 'image/webp'] as const;
export const mostLogoBytes = 65_536;

/** An application with users of its own: they connect accounts through it and never sign in to the hub. */
export const applications = pgTable(
  'applications',
  {
    id: text().primaryKey(),
    name: text().notNull(),
    /** Where people reach those who run it: an e-mail address or an https address. */
    contact: text().notNull(),
    /** The addresses that people may be led back to, each compared as a whole (RFC 9700 §2.1). */
    returnUrls: text().array().notNull(),
    /** Null: every provider. */
    providers: text().array(),
    /** By provider the scopes that it may ask for; a provider that is absent has its record's. */
    scopes: jsonb().$type<Record<string, string[]>>().notNull().default({}),
    /** Its mark on the hub's pages, checked by its bytes when it was set; read by its own route alone. */
    logo: bytea(),
    /** The type that the bytes have. */
    logoType: text({ enum: logoTypes }),
    /** The colour of what can be done next on its pages, in the light and the dark scheme: `#rrggbb`. */
    colourLight: text(),
    colourDark: text(),
    createdBy: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    /** Since then its keys are of no use, and no account is connected through it. */
    disabledAt: instant(),
  },
  (t) => [
    index('applications_created').on(t.createdAt, t.id),
    check(
      'applications_logo',
      sql`(${t.logo} is null) = (${t.logoType} is null) and octet_length(${t.logo}) <= ${sql.raw(String(mostLogoBytes))}`,
    ),
    check('applications_logo_type', sql`${t.logoType} in ('image/png', 'image/jpeg', 'image/webp')`),
    // They stand in a style sheet as they are.
    check(
      'applications_colours',
      sql`(${t.colourLight} is null) = (${t.colourDark} is null)
      and ${t.colourLight} ~ '^#[0-9a-f]{6}$' and ${t.colourDark} ~ '^#[0-9a-f]{6}$'`,
    ),
  ],
);
