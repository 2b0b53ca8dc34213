import { sql } from 'drizzle-orm';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { type EndingKind, personEndings } from '#lib/db/schema/person-endings';
import type { PersonView } from '#lib/people/views';
import { effectiveRole } from '#lib/sign-in/effective-role';

// Column names are written out: in a select from one table Drizzle leaves the table's name off its own.
const liveConnections = sql<number>`(select count(*)::int from ${connections} as held where held.person_id = ${people}.id and held.status <> 'revoked')`;

const ending = sql<EndingKind | null>`(select going.kind from ${personEndings} as going where going.person_id = ${people}.id)`;

/** The named columns of a view. */
export const personColumns = {
  id: people.id,
  name: people.name,
  email: people.email,
  provider: people.provider,
  issuer: people.issuer,
  role: effectiveRole,
  roleFromConfig: people.adminByConfig,
  disabledAt: people.disabledAt,
  ending,
  connections: liveConnections,
  createdAt: people.createdAt,
  lastSignedInAt: people.lastSignedInAt,
};

type PersonRow = Omit<PersonView, 'status'> & { disabledAt: Date | null };

/** A selected row as administrators see it. */
export function toPersonView({ disabledAt, ...row }: PersonRow): PersonView {
  return { ...row, status: disabledAt ? 'disabled' : 'active' };
}
