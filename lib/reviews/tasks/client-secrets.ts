import { sql } from 'drizzle-orm';
import { rowsOf } from '#lib/db/database';
import type { Finding } from '#lib/db/schema/reviews';
import { type ClientSecretUse, listClientSecrets } from '#lib/provider-calls/client-secret-uses';
import type { ProviderRecord } from '#lib/providers/record';
import type { ReviewTask } from '#lib/reviews/task';

/** Older secrets are to be rotated: the playbook asks for each quarter. */
const oldDays = 90;
/** So long the previous secret must have been unused before it is ended. */
const quietDays = 1;
const dayMs = 86_400_000;

const daysTo = (to: Date, from: Date) => Math.max(0, Math.floor((to.getTime() - from.getTime()) / dayMs));

/** How a rotation stands that is not over: the record still has the previous secret. */
function rotationFinding({ id }: ProviderRecord, previous: ClientSecretUse, to: Date): Finding {
  const used = previous.counted?.lastUsedAt;
  const days = used ? daysTo(to, used) : null;
  const uses = previous.counted?.uses ?? 0;
  return {
    result: 'attention',
    subject: id,
    found:
      days === null
        ? 'The previous secret is still configured. The hub has not used it since it counts.'
        : `The previous secret is still configured. The hub used it ${uses === 1 ? 'once' : `${uses} times`}, last ${days} days before the end of this period.`,
    propose:
      days !== null && days < quietDays
        ? 'Find out why the provider refuses the new secret: check the provider on its page.'
        : 'Delete the previous secret in the provider’s console, check the provider, and take client_secret_previous out of the record.',
    href: `/admin/providers/${encodeURIComponent(id)}`,
  };
}

export const clientSecrets: ReviewTask = {
  id: 'client_secrets',
  period: 'quarterly',
  title: 'Client secrets by age',
  about: 'Rotate secrets that are older than a quarter, together with the provider.',
  async find(ctx, { to }) {
    const found: Finding[] = [];
    for (const provider of ctx.providers.list()) {
      if (!provider.client_secret) {
        found.push({ result: 'fine', subject: provider.id, found: 'This client has no secret.' });
        continue;
      }
      const [current, previous] = await listClientSecrets(ctx, provider);
      if (previous) found.push(rotationFinding(provider, previous, to));
      const [row] = rowsOf<{ at: Date | string | null }>(
        await ctx.database.db.execute(sql`select at from ledger
          where action = 'configuration.changed' and details->'changed' ? ${`provider:${provider.id}`}
          order by at desc limit 1`),
      );
      // Counted by the secret itself; the ledger's entry also stands for other changes of the record.
      const counted = current?.counted?.since;
      const written = row?.at ? new Date(row.at) : null;
      if (!written && !counted) {
        found.push({
          result: 'unknown',
          subject: provider.id,
          found: 'The ledger does not say since when it is used.',
        });
        continue;
      }
      const since = new Date(Math.min(...[written, counted].flatMap((at) => (at ? [at.getTime()] : []))));
      const days = daysTo(to, since);
      found.push({
        result: days > oldDays ? 'attention' : 'fine',
        subject: provider.id,
        found: `The secret has been the same for at least ${days} days.`,
        ...(days > oldDays
          ? { propose: 'Rotate it: docs/providers.md says how, with both secrets alive during the change.' }
          : {}),
        href: '/admin/ledger?action=configuration.changed',
      });
    }
    return found;
  },
};
