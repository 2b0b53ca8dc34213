import { asc } from 'drizzle-orm';
import type { Context } from '#lib/context';
import type { Finding } from '#lib/db/schema/reviews';
import { vaultKeys as table } from '#lib/db/schema/vault-keys';
import type { ReviewTask } from '#lib/reviews/task';

/** Older keys are to be rotated. */
const oldDays = 365;
const dayMs = 86_400_000;
const href = '/admin/keys';

type Row = typeof table.$inferSelect;

const valuesOf = ({ rows }: Row): number => Object.values(rows).reduce((sum, one) => sum + one, 0);

/** What the age of a key asks for, by what the key does now. */
function judged(ctx: Context, row: Row, to: Date): Omit<Finding, 'subject'> {
  const { kid, missingRows, retiredAt, firstUsedAt, sealsFrom } = row;
  const daysSince = (at: Date) => Math.max(0, Math.floor((to.getTime() - at.getTime()) / dayMs));
  if (missingRows > 0)
    return {
      result: 'attention',
      found: `A process that started lacked the key, and ${missingRows} rows need it.`,
      propose: 'Put its root key back into VAULT_KEYS or VAULT_ROOT, behind the first one.',
    };
  if (retiredAt) return { result: 'fine', found: 'Retired: nothing is sealed with it.' };
  if (ctx.vault.sealsWith() === kid) {
    const days = daysSince(sealsFrom ?? firstUsedAt);
    const old = days > oldDays;
    const propose = 'Rotate, reseal, and retire this key.';
    return {
      result: old ? 'attention' : 'fine',
      found: `Seals since ${days} days.`,
      ...(old ? { propose, href } : {}),
    };
  }
  if (ctx.keyRoots[0]?.name === kid) {
    const days = daysSince(firstUsedAt);
    const old = days > oldDays;
    const propose = 'Put a new root key before it in VAULT_KEYS, then retire this one.';
    const found = `Wraps the data keys; first used ${days} days ago.`;
    return { result: old ? 'attention' : 'fine', found, ...(old ? { propose, href } : {}) };
  }
  const values = valuesOf(row);
  if (values === 0)
    return { result: 'fine', found: `Seals nothing new; first used ${daysSince(firstUsedAt)} days ago.`, href };
  return {
    result: daysSince(firstUsedAt) > oldDays ? 'attention' : 'fine',
    found: `Only opens: ${values} values at the last count; first used ${daysSince(firstUsedAt)} days ago.`,
    propose: 'Reseal, then retire this key.',
    href,
  };
}

export const vaultKeys: ReviewTask = {
  id: 'vault_keys',
  period: 'quarterly',
  title: 'Vault keys by age',
  about: 'Plan the rotation of keys that are older than a year.',
  async find(ctx, { to }) {
    const rows = await ctx.database.db.select().from(table).orderBy(asc(table.firstUsedAt), asc(table.kid)).limit(200);
    return rows.map((row) => ({ subject: row.kid, ...judged(ctx, row, to) }));
  },
};
