import type { vaultReseals } from '#lib/db/schema/vault-keys';
import type { ResealView } from '#lib/vault-keys/views';

/** The view of a resealing's row. */
export const toResealView = (row: typeof vaultReseals.$inferSelect): ResealView => ({
  id: row.id,
  state: row.state,
  key: row.kid,
  seen: row.seen,
  total: Math.max(row.total, row.seen),
  resealed: row.resealed,
  skipped: row.skipped,
  startedBy: row.startedBy,
  startedAt: row.startedAt,
  lastBatchAt: row.lastBatchAt,
  finishedAt: row.finishedAt,
});
