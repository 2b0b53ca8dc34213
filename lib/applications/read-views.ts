import { sql } from 'drizzle-orm';
import type { ApplicationView } from '#lib/applications/views';
import { applications } from '#lib/db/schema/applications';

/** The application's own columns. */
export const ownColumns = {
  id: applications.id,
  name: applications.name,
  contact: applications.contact,
  returnUrls: applications.returnUrls,
  providers: applications.providers,
  scopes: applications.scopes,
  hasLogo: sql<boolean>`${applications.logo} is not null`,
  colourLight: applications.colourLight,
  colourDark: applications.colourDark,
  createdBy: applications.createdBy,
  createdAt: applications.createdAt,
  disabledAt: applications.disabledAt,
};

// Drizzle leaves the table's name away within a select from one table.
const its = sql`${applications}.id`;

/** The named columns of a view. */
export const applicationColumns = {
  ...ownColumns,
  keys: sql<number>`(select count(*)::int from api_keys k where k.application_id = ${its} and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > clock_timestamp()))`,
  people: sql<number>`(select count(*)::int from people p where p.application_id = ${its} and p.deleted_at is null)`,
  connections: sql<number>`(select count(*)::int from people p join connections c on c.person_id = p.id
    where p.application_id = ${its} and c.status <> 'revoked')`,
};

type ApplicationRow = Omit<ApplicationView, 'status' | 'colours'> & {
  colourLight: string | null;
  colourDark: string | null;
};

/** A selected row as administrators see it. */
export function toApplicationView({ colourLight: light, colourDark: dark, ...row }: ApplicationRow): ApplicationView {
  return { ...row, colours: light && dark ? { light, dark } : null, status: row.disabledAt ? 'disabled' : 'active' };
}
