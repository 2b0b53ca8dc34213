import { z } from 'zod';
import { getAlert } from '#lib/alerts/get';
import type { AlertDetailView } from '#lib/alerts/views';
import { mostSelected } from '#lib/bulk-revocation/criteria';
import { type PrepareBulkInput, prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { touchedConnections } from '#lib/incidents/touched-connections';
import { parseInput } from '#lib/parse-input';

export const incidentInput = z.object({ id: z.string().min(1).max(64) });
export type IncidentInput = z.input<typeof incidentInput>;

/** Where more connections are touched than a selection holds: everything that the same key read, or at the same provider. */
function widely({ subject }: AlertDetailView): PrepareBulkInput {
  if (subject?.kind === 'api_key') return { readByKey: subject.id };
  if (subject?.kind === 'provider') return { provider: subject.id };
  throw new AppError('conflict', { message: 'This incident touches too many connections. Choose them by criteria.' });
}

/**
 * Prepares a bulk revocation of the connections that an incident touches. Nothing is revoked: the administrator confirms
 * the rows that are shown.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found` without a live connection, `conflict` where there are too
 *   many and neither a key nor a provider tells them
 */
export async function prepareIncidentRevocation(
  ctx: Context,
  input: IncidentInput,
): Promise<{ id: string; total: number }> {
  requireAdministrator(ctx);
  const { id } = parseInput(incidentInput, input);
  const alert = await getAlert(ctx, { id });
  const ids = (await touchedConnections(ctx, alert, mostSelected + 1)).map((one) => one.id);
  if (ids.length === 0) throw new AppError('not_found', { message: 'No connection belongs to this incident.' });
  return prepareBulkRevocation(ctx, ids.length > mostSelected ? widely(alert) : { ids });
}
