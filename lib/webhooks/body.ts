import { sql } from 'drizzle-orm';

/** Joins the person of a message `m` as `p`; no row of a person who was deleted. */
export const itsPerson = sql`left join people p on p.id = m.payload #>> '{data,person_id}' and p.deleted_at is null`;

/**
 * The body of a message `m`: as it is kept, and its person (`itsPerson`) beside the id, so that an application finds its
 * user. Messages are kept for weeks, so the person is named as each is sent: a deletion need not look for them here.
 */
export const bodyOf = sql`(case when p.id is null then m.payload else jsonb_set(m.payload, '{data,person}',
    case when p.application_id is null
      then jsonb_build_object('id', p.id, 'issuer', p.issuer, 'subject', p.subject, 'email', p.email)
      else jsonb_build_object('id', p.id, 'application', p.application_id, 'tenant', p.application_tenant,
        'user', p.application_user, 'label', p.name) end) end)::text`;
