import { eq } from 'drizzle-orm';
import type { ApiKeyView } from '#lib/api-keys/views';
import type { Db } from '#lib/db/database';
import type { ApiKeyScope } from '#lib/db/schema/api-key-scopes';
import { applications } from '#lib/db/schema/applications';
import { AppError } from '#lib/errors';

const fault = (path: string, message: string) => new AppError('invalid_request', { issues: [{ path, message }] });

/**
 * Refuses scopes that a key cannot have: webhooks tell of everybody, so a key of an application may not manage them, and applications as
 * little; and
 * only an application has people to connect accounts for.
 * @throws AppError `invalid_request`
 */
export function assertScopesOf(scopes: readonly ApiKeyScope[], applicationId: string | null): void {
  if (applicationId !== null && scopes.includes('webhooks:manage'))
    throw fault('scopes', 'of an application may not have webhooks:manage: webhooks tell of everybody');
  if (applicationId !== null && scopes.includes('applications:manage'))
    throw fault('scopes', 'of an application may not have applications:manage');
  if (applicationId === null && scopes.includes('connections:create'))
    throw fault('scopes', 'have connections:create for an application only');
}

/** Asserts, in the caller's transaction, that the application goes on. @throws AppError `invalid_request`, `conflict` */
export async function assertLive(tx: Db, applicationId: string): Promise<void> {
  const [row] = await tx
    .select({ disabledAt: applications.disabledAt })
    .from(applications)
    .where(eq(applications.id, applicationId))
    .for('share');
  if (!row) throw fault('applicationId', 'names no application');
  if (row.disabledAt) throw new AppError('conflict', { message: 'This application is disabled. Enable it first.' });
}

/** The ledger's words for the application of a key; none where it has none. */
export const applicationDetails = ({ applicationId }: Pick<ApiKeyView, 'applicationId'>): Record<string, string> =>
  applicationId === null ? {} : { application: applicationId };
