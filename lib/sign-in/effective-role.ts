import { sql } from 'drizzle-orm';
import type { Role } from '#lib/context';
import { people } from '#lib/db/schema/people';

/** The role that counts: administrator by ADMIN_EMAILS goes before what was granted here. */
export const effectiveRole = sql<Role>`case when ${people.adminByConfig} then 'administrator' else ${people.role} end`;
