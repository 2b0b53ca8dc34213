import { sql } from 'drizzle-orm';
import { boolean, check, index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { applications } from '#lib/db/schema/applications';
import { instant } from '#lib/db/schema/columns';

export const roles = ['user', 'auditor', 'administrator'] as const;
export type Role = (typeof roles)[number];

/**
 * Someone who may sign in: an (issuer, subject) pair, never an e-mail (OpenID Connect Core §5.7). Or someone whom an
 * application knows by its own ids, who never signs in here.
 */
export const people = pgTable(
  'people',
  {
    id: text().primaryKey(),
    provider: text().notNull(),
    issuer: text().notNull(),
    subject: text().notNull(),
    name: text(),
    email: text(),
    role: text({ enum: roles }).notNull().default('user'),
    /** The application that knows them; null: they sign in to the hub. */
    applicationId: text().references(() => applications.id),
    /** The id by which the application knows them; null also where they were deleted. */
    applicationUser: text(),
    /** The part of the application that the id is of, where it has several. */
    applicationTenant: text(),
    /** Named in ADMIN_EMAILS at the last sign-in; goes before `role` and is checked anew at each sign-in. */
    adminByConfig: boolean().notNull().default(false),
    /** Set by an administrator: no session of theirs is valid, none can begin. */
    disabledAt: instant(),
    /** Profile erased; the row stays, since connections and the ledger name its id. */
    deletedAt: instant(),
    createdAt: instant().notNull().defaultNow(),
    lastSignedInAt: instant(),
    /**
     * The texts that a person is found by, in small letters. The database keeps them, and erases them with the rest.
     */
    searchText: text().generatedAlwaysAs(sql`lower(coalesce(name, '') || chr(10) || coalesce(email, ''))`),
  },
  (t) => [
    // A deleted person's identity is erased, so that the same account may begin anew.
    uniqueIndex('people_identity').on(t.issuer, t.subject).where(sql`${t.deletedAt} is null`),
    index('people_email').on(sql`lower(${t.email})`),
    index('people_created').on(t.createdAt, t.id),
    // Search by any part. An ordinary sign-in changes neither name nor e-mail, and so leaves it alone.
    index('people_search').using('gin', t.searchText.op('gin_trgm_ops')),
    // The people who were silent the longest, without a look at the others.
    index('people_silent')
      .on(sql`coalesce(${t.lastSignedInAt}, ${t.createdAt})`, t.id)
      .where(sql`${t.disabledAt} is null and ${t.deletedAt} is null`),
    // Few among many, and filtered for.
    index('people_staff').on(t.createdAt, t.id).where(sql`${t.adminByConfig} or ${t.role} <> 'user'`),
    index('people_disabled').on(t.createdAt, t.id).where(sql`${t.disabledAt} is not null`),
    index('people_application').on(t.applicationId, t.createdAt, t.id).where(sql`${t.applicationId} is not null`),
    index('people_application_user')
      .on(t.applicationUser, t.applicationId)
      .where(sql`${t.applicationUser} is not null`),
    check(
      'people_application',
      sql`${t.applicationId} is null and ${t.applicationUser} is null
        or ${t.applicationId} is not null and ${t.role} = 'user' and not ${t.adminByConfig} and ${t.lastSignedInAt} is null`,
    ),
    // ADMIN_EMAILS and mails go by an address: people of an application have none.
    check('people_application_address', sql`${t.applicationId} is null or ${t.email} is null`),
    check('people_role', sql`${t.role} in ('user', 'auditor', 'administrator')`),
  ],
);
