import { and, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { ledger } from '#lib/db/schema/ledger';
import { type LedgerAction, ledgerActions } from '#lib/ledger/actions';
import { networkOf } from '#lib/ledger/fold-refusals';

const actions = Object.keys(ledgerActions) as [LedgerAction, ...LedgerAction[]];
const given = (longest: number) => z.string().trim().min(1, 'must not be empty').max(longest).optional();

/** What the ledger can be narrowed to. All that is given must hold. */
export const ledgerFilter = z.object({
  personId: given(64),
  connectionId: given(64),
  provider: given(64),
  apiKeyId: given(64),
  /** An address; refusals that were counted for its whole network fit too. */
  ip: given(64),
  action: z.enum(actions).optional(),
  outcome: z.enum(['ok', 'refused', 'failed']).optional(),
  requestId: given(64),
  /** From this moment on, and before that one. */
  from: z.date().optional(),
  to: z.date().optional(),
});
export type LedgerFilter = z.input<typeof ledgerFilter>;

/** The condition of a filter. */
export function withinFilter(filter: z.output<typeof ledgerFilter>): SQL | undefined {
  const { personId, connectionId, provider, apiKeyId, ip, action, outcome, requestId, from, to } = filter;
  return and(
    personId ? eq(ledger.personId, personId) : undefined,
    connectionId ? eq(ledger.connectionId, connectionId) : undefined,
    provider ? eq(ledger.provider, provider) : undefined,
    apiKeyId ? eq(ledger.apiKeyId, apiKeyId) : undefined,
    ip ? inArray(ledger.ip, [...new Set([ip, networkOf(ip)])]) : undefined,
    // Written out, from the closed list: an index of the rare ones can only be used where the value is known.
    action ? sql`${ledger.action} = ${sql.raw(`'${action}'`)}` : undefined,
    outcome ? eq(ledger.outcome, outcome) : undefined,
    requestId ? eq(ledger.requestId, requestId) : undefined,
    from ? gte(ledger.at, from) : undefined,
    to ? lt(ledger.at, to) : undefined,
  );
}
