import { asc } from 'drizzle-orm';
import { vaultKeys as table } from '#lib/db/schema/vault-keys';
import type { ReviewTask } from '#lib/reviews/task';

/** Older keys are to be rotated. */
const oldDays = 365;
const dayMs = 86_400_000;

export const vaultKeys: ReviewTask = {
  id: 'vault_keys',
  period: 'quarterly',
  title: 'Vault keys by age',
  about: 'Plan the rotation of keys that are older than a year.',
  async find(ctx, { to }) {
    const active = ctx.config.vaultKeys[0]?.kid;
    const rows = await ctx.database.db.select().from(table).orderBy(asc(table.firstUsedAt), asc(table.kid)).limit(200);
    return rows.map(({ kid, firstUsedAt, retiredAt, missingRows }) => {
      const days = Math.max(0, Math.floor((to.getTime() - firstUsedAt.getTime()) / dayMs));
      if (missingRows > 0)
        return {
          result: 'attention',
          subject: kid,
          found: `This process lacks the key, and ${missingRows} rows need it.`,
          propose: 'Put it back into VAULT_KEYS behind the first key.',
        };
      if (retiredAt) return { result: 'fine', subject: kid, found: 'Retired: nothing is sealed with it.' };
      if (kid !== active)
        return { result: 'fine', subject: kid, found: `Opens older values; first used ${days} days ago.` };
      return {
        result: days > oldDays ? 'attention' : 'fine',
        subject: kid,
        found: `Seals since ${days} days.`,
        ...(days > oldDays ? { propose: 'Put a new key before it in VAULT_KEYS.' } : {}),
      };
    });
  },
};
