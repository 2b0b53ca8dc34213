import { sql } from 'drizzle-orm';
import type { ConnectionPerson } from '#lib/connections/views';
import { people } from '#lib/db/schema/people';

/** Columns of the person of a connection. Select them from `people`, joined on the person's id. */
export const itsPersonColumns = {
  personName: people.name,
  personEmail: people.email,
  personIssuer: people.issuer,
  personSubject: people.subject,
  applicationId: people.applicationId,
  applicationName: sql<string | null>`(select its.name from applications its where its.id = ${people.applicationId})`,
  applicationUser: people.applicationUser,
  applicationTenant: people.applicationTenant,
} as const;

interface PersonRow {
  personId: string;
  personName: string | null;
  personEmail: string | null;
  personIssuer: string;
  personSubject: string;
  applicationId: string | null;
  applicationName: string | null;
  applicationUser: string | null;
  applicationTenant: string | null;
}

/** A selected row as the person that pages and answers name. */
export function toItsPerson(row: PersonRow): ConnectionPerson {
  const { applicationId, applicationName, applicationUser: user, applicationTenant: tenant } = row;
  return {
    id: row.personId,
    name: row.personName,
    email: row.personEmail,
    identity:
      applicationId === null
        ? { kind: 'hub', issuer: row.personIssuer, subject: row.personSubject }
        : { kind: 'application', application: applicationId, applicationName, tenant, user },
  };
}

/** A person of the hub, as they sign in. */
export interface HubPersonJson {
  id: string;
  issuer: string;
  subject: string;
  email: string | null;
}

/** A person of an application, by its ids; they are null once the person was deleted. */
export interface ApplicationPersonJson {
  id: string;
  application: string;
  tenant: string | null;
  user: string | null;
  label: string | null;
}

/** The person as answers and files name them, so that an application finds its user. */
export function personJson({ id, name, email, identity }: ConnectionPerson): HubPersonJson | ApplicationPersonJson {
  if (identity.kind === 'hub') return { id, issuer: identity.issuer, subject: identity.subject, email };
  return { id, application: identity.application, tenant: identity.tenant, user: identity.user, label: name };
}
