import type { Metadata } from 'next';
import { Clock } from '#app/_ui/clock';
import { DayName } from '#app/_ui/day-heading';
import { EmptyState } from '#app/_ui/empty-state';
import { CircleAlert, CircleCheck, CircleX, History, type IconComponent } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { ZoneNote } from '#app/_ui/zone-note';
import { type ActivityView, listActivity } from '#lib/audit/list-activity';
import { readZone } from '#lib/cookies/zone';
import { orNotFound, personPage } from '#lib/web/page';
import { byDay } from '#ui/days';
import type { SearchParams } from '#ui/flow-result';
import { historyText } from '#ui/history-text';
import { filteredAddress, nextAddress, previousAddress, readListAddress } from '#ui/list-address';

export const metadata: Metadata = { title: 'Activity' };

const path = '/activity';
const minuteMs = 60_000;
const looks: Record<ActivityView['outcome'], { icon: IconComponent; tone: string; word: string }> = {
  ok: { icon: CircleCheck, tone: 'text-soft', word: '' },
  refused: { icon: CircleX, tone: 'text-warn', word: 'refused' },
  failed: { icon: CircleAlert, tone: 'text-bad', word: 'failed' },
};

/** Sentences that tell by themselves that it did not go well. */
const saysSo = /refused|not|still/i;

export default async function Activity({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const at = readListAddress(await searchParams, ['show']);
  const ctx = await personPage(path);
  const { zone } = await readZone();
  const reads = at.filters.show === 'reads';
  const { items, nextCursor } = await orNotFound(listActivity(ctx, { reads, cursor: at.cursor, zone }));
  const previous = previousAddress(path, at);
  const choice = (wanted: boolean, words: string) => (
    <Link
      href={filteredAddress(path, { ...at, filters: {} }, { show: wanted ? 'reads' : undefined })}
      aria-current={reads === wanted ? 'true' : undefined}
      className="rounded-md px-3 py-1.5 font-medium text-soft hover:text-ink aria-[current]:bg-accent-tint aria-[current]:text-accent"
    >
      {words}
    </Link>
  );
  return (
    <>
      <PageHeading title="Activity">
        What happened to your account and connections, and which service used which of them, newest first.
      </PageHeading>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-2">
        <nav aria-label="What to show" className="flex gap-1">
          {choice(false, 'Everything')}
          {choice(true, 'Only uses')}
        </nav>
        <ZoneNote />
      </div>
      {items.length > 0 ? (
        <div className="flex flex-col gap-4">
          {byDay(items, ({ until }) => until, zone, new Date()).map((day) => (
            <section key={day.day} aria-label={day.name ?? day.text}>
              <h2 className="mb-2 font-semibold">
                <DayName day={day} />
              </h2>
              <ol className="card flex flex-col px-5">
                {day.items.map((item) => (
                  <ActivityRow key={item.id} item={item} name={(id) => ctx.providers.get(id)?.name ?? id} />
                ))}
              </ol>
            </section>
          ))}
        </div>
      ) : (
        <EmptyState icon={History} title={reads ? 'Nothing was used yet' : 'Nothing yet'}>
          As soon as a service uses one of your connections, it stands here, with the time and the service’s name.
        </EmptyState>
      )}
      {(previous || nextCursor) && (
        <nav aria-label="Pages" className="mt-4 flex justify-end gap-2">
          {previous && (
            <Link href={previous} rel="prev" className="btn btn-small btn-plain">
              Newer
            </Link>
          )}
          {nextCursor && (
            <Link href={nextAddress(path, at, nextCursor)} rel="next" className="btn btn-small btn-plain">
              Older
            </Link>
          )}
        </nav>
      )}
    </>
  );
}

function ActivityRow({ item, name }: { item: ActivityView; name: (provider: string) => string }) {
  const { icon: Icon, tone, word } = looks[item.outcome];
  return (
    <li className="flex gap-3 border-t border-line py-3 first:border-t-0">
      <Icon aria-hidden="true" className={`mt-1 size-4 flex-none ${tone}`} />
      <div className="min-w-0">
        <p>
          {historyText(item)}
          {word && !saysSo.test(item.sentence) && <span className="text-soft"> ({word})</span>}
        </p>
        <p className="text-meta text-soft">
          {item.until.getTime() - item.at.getTime() > minuteMs && (
            <>
              <Clock at={item.at.toISOString()} /> to{' '}
            </>
          )}
          <Clock at={item.until.toISOString()} />
          {item.connection && (
            <>
              {' · '}
              {item.connection.label ? (
                <Link href={`/connections/${item.connection.id}`} className="link wrap-anywhere">
                  {item.provider && `${name(item.provider)}: `}
                  {item.connection.label}
                </Link>
              ) : (
                item.provider && name(item.provider)
              )}
            </>
          )}
          {item.by === 'You' && item.ip && ` · from ${item.ip}`}
        </p>
      </div>
    </li>
  );
}
