import { sql } from 'drizzle-orm';
import { rowsOf } from '#lib/db/database';
import type { Finding } from '#lib/db/schema/reviews';
import type { ProofState, RevocationState } from '#lib/db/schema/revocations';
import { listUnattendedDrills } from '#lib/reviews/grant-for-drill';
import { moment } from '#lib/reviews/rows';
import type { ReviewTask } from '#lib/reviews/task';

interface Last extends Record<string, unknown> {
  id: string;
  /** Milliseconds until the hub handed out no token any more; null where no drill measured it. */
  here: number | null;
  /** Milliseconds until the drill had made its grant; null where a person made it. */
  granted: number | null;
  state: RevocationState;
  proof: ProofState;
  told: number | null;
  proved: number | null;
}

const asSeconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 0)} s`;
const figure = (name: string, milliseconds: number | null) => ({
  name,
  value: milliseconds === null ? 'not yet' : asSeconds(milliseconds),
});

const judged = ({ state, proof, told: milliseconds, proved }: Last): Pick<Finding, 'result' | 'found' | 'propose'> => {
  const told = milliseconds === null ? '' : `The provider was told after ${asSeconds(milliseconds)}. `;
  if (proof === 'proved')
    return {
      result: 'fine',
      found: `${told}Its old tokens were proved dead${proved === null ? '' : ` after ${asSeconds(proved)}`}.`,
    };
  if (proof === 'still_accepted')
    return {
      result: 'attention',
      found: `${told}The provider accepted a token afterwards.`,
      propose: 'End the grant at the provider by hand.',
    };
  if (proof === 'not_provable' || state === 'unsupported')
    return {
      result: 'unknown',
      found: `${told}No harmless call can tell whether its tokens are dead.`,
      propose: 'Look in the account’s own settings at the provider.',
    };
  return {
    result: 'attention',
    found: `${told}There is no proof yet (${state}).`,
    propose: 'Wait for the next tries, or see the connection’s page.',
  };
};

export const revocationDrill: ReviewTask = {
  id: 'revocation_drill',
  period: 'quarterly',
  title: 'Revocation drill',
  about:
    'Run the drill at each provider: it revokes a connection to a test account, measures each step, and tries the old tokens. Where the record names a test account, the hub makes the connection by itself.',
  async find(ctx, { from, to }) {
    const found: Finding[] = [];
    const unattended = listUnattendedDrills(ctx);
    for (const { id: provider } of ctx.providers.list()) {
      const [last] = rowsOf<Last>(
        await ctx.database.db.execute(sql`
          with drilled as materialized (select distinct on (connection_id) connection_id, details->'ended_here_ms' as here,
              details->'granted_ms' as granted
            from ledger where action = 'revocation.drilled' and provider = ${provider}
              and at >= ${moment(from)} and at < ${moment(to)} order by connection_id, at desc)
          select r.connection_id as id, r.state, r.proof, d.here::float8 as here,
            nullif(d.granted, 'null')::float8 as granted,
            extract(epoch from r.finished_at - r.created_at)::float8 * 1000 as told,
            extract(epoch from r.proved_at - r.created_at)::float8 * 1000 as proved
          from revocations r left join drilled d on d.connection_id = r.connection_id
          where r.provider = ${provider} and r.replaced_generation = 0
            and r.created_at >= ${moment(from)} and r.created_at < ${moment(to)}
          order by (d.connection_id is not null) desc, (d.connection_id is null and r.proof = 'proved') desc,
            r.created_at desc limit 1`),
      );
      const act = { kind: 'drill' as const, provider };
      found.push(
        last
          ? {
              subject: provider,
              ...judged(last),
              figures: [
                ...(last.granted === null ? [] : [figure('Grant made', last.granted)]),
                ...(last.here === null ? [] : [figure('Ended here', last.here)]),
                figure('Provider told', last.told),
                figure('Proved dead', last.proved),
              ],
              href: `/admin/connections/${last.id}`,
              act,
            }
          : {
              result: 'attention',
              subject: provider,
              ...(unattended.has(provider)
                ? {
                    found: 'No connection was revoked there since the last drill.',
                    propose: 'Run the drill. The hub makes a grant at the test account of the record, and ends it.',
                  }
                : {
                    found:
                      'No connection was revoked there since the last drill. A new grant needs a person’s consent.',
                    propose: 'Connect a test account of your own there, and run the drill with it.',
                    href: '/connections',
                  }),
              act,
            },
      );
    }
    return found;
  },
};
