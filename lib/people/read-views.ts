import { sql } from 'drizzle-orm';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { type EndingKind, personEndings } from '#lib/db/schema/person-endings';
import type { PersonView } from '#lib/people/views';
import { effectiveRole } from '#lib/sign-in/effective-role';

// Column names are written out: in a select from one table Drizzle leaves the table's name off its own.
const liveConnections = sql<number>`(select count(*)::int from ${connections} as held where held.person_id = ${people}.id and held.status <> 'revoked')`;

const ending = sql<EndingKind | null>`(select going.kind from ${personEndings} as going where going.person_id = ${people}.id)`;

const applicationName = sql<string | null>`(select a.name from applications a where a.id = ${people}.application_id)`;

/** The named columns of a view. */
export const personColumns = {
  id: people.id,
  name: people.name,
  email: people.email,
  provider: people.provider,
  issuer: people.issuer,
  applicationId: people.applicationId,
  applicationName,
  applicationTenant: people.applicationTenant,
  applicationUser: people.applicationUser,
  role: effectiveRole,
  roleFromConfig: people.adminByConfig,
  disabledAt: people.disabledAt,
  ending,
  connections: liveConnections,
  createdAt: people.createdAt,
  lastSignedInAt: people.lastSignedInAt,
};

type PersonRow = Omit<PersonView, 'status' | 'application'> & {
  disabledAt: Date | null;
  applicationId: string | null;
  applicationName: string | null;
  applicationTenant: string | null;
  applicationUser: string | null;
};

/** A selected row as administrators see it. */
export function toPersonView(row: PersonRow): PersonView {
  const { disabledAt, applicationId, applicationName, applicationTenant: tenant, applicationUser: user, ...view } = row;
  return {
    ...view,
    application:
      applicationId === null ? null : { id: applicationId, name: applicationName ?? applicationId, tenant, user },
    status: disabledAt ? 'disabled' : 'active',
  };
}
