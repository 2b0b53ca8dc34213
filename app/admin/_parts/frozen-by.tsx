import { Snowflake } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Moment } from '#app/_ui/moment';
import { Status } from '#app/_ui/status';
import type { ConnectionView } from '#lib/connections/views';
import { type FreezesOverInput, freezesOver } from '#lib/freezes/over';
import { adminPage, inPart } from '#lib/web/page';
import { actorWords } from '#ui/actor-words';
import { freezeEffect, freezeSubject } from '#ui/freeze-words';

interface FrozenByProps {
  over: FreezesOverInput;
  /** Of a connection: its status without the freeze. */
  beneath?: ConnectionView['beneath'];
}

/** Each freeze that stops this very thing: what it covers, since when, by which person, why, and what lies beneath. */
export async function FrozenBy({ over, beneath = null }: FrozenByProps) {
  const ctx = await adminPage();
  const freezes = (await inPart(ctx, 'freezes_over', freezesOver(ctx, over))) ?? [];
  if (freezes.length === 0) return null;
  return (
    <section aria-label="Why it is frozen" className="card mb-4 flex flex-col gap-3 border-l-4 border-frozen p-4">
      {freezes.map((freeze) => (
        <div key={freeze.id} className="flex gap-3">
          <Snowflake aria-hidden="true" className="mt-0.5 size-5 flex-none text-frozen" />
          <div className="min-w-0">
            <p className="wrap-anywhere">
              <Link href="/admin/freezes" className="font-medium hover:underline">
                {freezeSubject(freeze)} {freeze.scope === 'person' ? 'are' : 'is'} frozen
              </Link>{' '}
              since <Moment at={freeze.createdAt.toISOString()} />, by {actorWords(freeze.createdBy)}: {freeze.reason}
            </p>
            <p className="text-meta text-soft">{freezeEffect(freeze.scope)}</p>
          </div>
        </div>
      ))}
      {beneath && (
        <p>
          Without the freeze: <Status status={beneath} />
        </p>
      )}
    </section>
  );
}
