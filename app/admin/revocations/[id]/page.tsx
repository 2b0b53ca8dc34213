import type { Metadata } from 'next';
import { cache } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { Fact, Facts } from '#app/_ui/facts';
import { GoOn } from '#app/_ui/go-on';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Panel } from '#app/_ui/panel';
import { TimeOr } from '#app/_ui/time';
import { getBulkRevocation } from '#lib/bulk-revocation/get';
import { type BulkRowFilter, bulkRowFilters, listBulkRows } from '#lib/bulk-revocation/rows';
import type { BulkDetailView, BulkProviderView } from '#lib/bulk-revocation/views';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, orNotFound, titleOf } from '#lib/web/page';
import { criteriaWords, type ProgressLine, progressLines } from '#ui/bulk-words';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';
import { filteredAddress, type ListAddress, readListAddress } from '#ui/list-address';
import { listRows } from '../../_parts/list-rows.ts';
import { LiveTail } from '../../_parts/live-tail.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { StepUpNotice, signInUntil } from '../../_parts/step-up-notice.tsx';
import { BulkRows } from '../_parts/bulk-rows.tsx';
import { StartBulk } from '../_parts/start-bulk.tsx';

interface BulkPageProps {
  params: Promise<{ id: string }>;
  searchParams: Promise<SearchParams>;
}

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string) =>
  getBulkRevocation(await adminPage(`/admin/revocations/${encodeURIComponent(id)}`), { id }),
);

const titleWords = ({ state, total }: Pick<BulkDetailView, 'state' | 'total'>) =>
  `${state === 'prepared' ? 'Revoke' : 'Revocation of'} ${count(total, 'connection')}`;

export async function generateMetadata({ params }: BulkPageProps): Promise<Metadata> {
  const bulk = await titleOf(readOnce((await params).id));
  return { title: bulk ? titleWords(bulk) : 'Bulk revocation' };
}

export default async function BulkPage({ params, searchParams }: BulkPageProps) {
  const { id } = await params;
  const path = `/admin/revocations/${encodeURIComponent(id)}`;
  const ctx = await adminPage(path);
  const search = await searchParams;
  const at = readListAddress(search, ['show']);
  const show = bulkRowFilters.find((one) => one === at.filters.show);
  const page = { id, limit: listRows, ...(show ? { show } : {}), ...(at.cursor ? { cursor: at.cursor } : {}) };
  const [bulk, { items, nextCursor }, stepUp] = await orNotFound(
    Promise.all([readOnce(id), listBulkRows(ctx, page), readStepUp(ctx)]),
  );
  const flow = flowParams(search);
  const refusal = flow ? refusalSentence(flow.code) : null;
  const prepared = bulk.state === 'prepared';
  const mayStart = prepared && ctx.actor.role === 'administrator';
  const names = { ...bulk.names, provider: ctx.providers.get(String(bulk.criteria.provider ?? ''))?.name };
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/revocations">Revocations</BackLink>
      <PageHeading
        title={titleWords(bulk)}
        action={
          mayStart && <StartBulk id={id} total={bulk.total} people={bulk.people} signInUntil={signInUntil(stepUp)} />
        }
      >
        {criteriaWords(bulk.criteria, names).join(', ')}
      </PageHeading>
      {!prepared && !bulk.settled && <LiveTail seconds={3} />}
      <div className="flex flex-col gap-4">
        {refusal && (
          <Notice tone="bad" title="No file was made" reference={flow?.reference ?? undefined} arrival>
            <p>{refusal}</p>
          </Notice>
        )}
        {prepared && (
          <Notice tone="info" title="Nothing is revoked yet">
            <p className="text-meta">
              These connections matched <TimeOr at={bulk.createdAt} otherwise="" />. Later ones are not among them.
            </p>
            {bulk.waitingGrants > 0 && (
              <p className="text-meta">
                {count(bulk.waitingGrants, 'grant')} that {bulk.waitingGrants === 1 ? 'waits' : 'wait'} for an
                application will be revoked too.
              </p>
            )}
          </Notice>
        )}
        {mayStart && <StepUpNotice stepUp={stepUp} what="Revoking and exporting" several returnTo={path} />}
        {bulk.providers.map((provider) => (
          <ProviderWarning key={provider.id} provider={provider} prepared={prepared} />
        ))}
        <div className="grid items-start gap-4 xl:grid-cols-2">
          {!prepared && (
            <Panel id="progress" title="Progress">
              <Progress bulk={bulk} path={path} at={at} />
            </Panel>
          )}
          <Panel id="what" title="What it covers">
            <What bulk={bulk} />
          </Panel>
        </div>
        <section aria-labelledby="rows">
          <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
            <h2 id="rows" className="text-section font-semibold">
              Connections
              {show && (
                <span className="ml-3 text-meta font-normal">
                  {filterWords[show]}{' '}
                  <Link href={filteredAddress(path, at, { show: undefined })} className="link">
                    Show all
                  </Link>
                </span>
              )}
            </h2>
            <Export path={path} signInUntil={signInUntil(stepUp)} />
          </div>
          {items.length > 0 ? (
            <BulkRows rows={items} prepared={prepared} />
          ) : (
            <p className="text-soft">No connection of this revocation is in that state now.</p>
          )}
          <Pager path={path} at={at} nextCursor={nextCursor} />
        </section>
      </div>
    </>
  );
}

const count = (one: number, word: string) => `${one.toLocaleString('en-US')} ${word}${one === 1 ? '' : 's'}`;

/** What a number of the progress led to. */
const filterWords: Record<BulkRowFilter, string> = {
  open: 'Only connections that wait for their provider.',
  wrong: 'Only connections where something went wrong.',
  proved: 'Only connections that were proved dead.',
  unproved: 'Only connections that were confirmed, not proved.',
};

function What({ bulk }: { bulk: BulkDetailView }) {
  return (
    <Facts>
      <Fact label="Connections">
        <ul>
          {bulk.providers.map((provider) => (
            <li key={provider.id} className="tabular">
              {provider.count.toLocaleString('en-US')} at {provider.name}
            </li>
          ))}
        </ul>
      </Fact>
      <Fact label="People">{bulk.people.toLocaleString('en-US')}</Fact>
      <Fact label={bulk.state === 'prepared' ? 'Prepared by' : 'Begun by'}>{bulk.by.name ?? bulk.by.id}</Fact>
      {bulk.reason && <Fact label="Reason">{bulk.reason}</Fact>}
      {bulk.startedAt && (
        <Fact label="Begun">
          <TimeOr at={bulk.startedAt} otherwise="" />
        </Fact>
      )}
      {bulk.state !== 'prepared' && (
        <Fact label="Revoked in this hub">
          <TimeOr at={bulk.finishedAt} otherwise="not yet" />
        </Fact>
      )}
    </Facts>
  );
}

const tones: Record<ProgressLine['tone'], string> = {
  good: 'text-good',
  bad: 'text-bad',
  warn: 'text-warn',
  quiet: '',
};

function Progress({ bulk, path, at }: { bulk: BulkDetailView; path: string; at: ListAddress }) {
  const { progress, total } = bulk;
  const ended = total - progress.here.waiting - progress.upstream.pending - progress.proof.due;
  return (
    <div className="flex flex-col gap-3">
      <progress value={ended} max={total} aria-label="Connections finished" className="progress" />
      <ul aria-live="polite" className="flex flex-col gap-1 tabular">
        {progressLines(progress, total).map(({ text, show, tone }) => (
          <li key={text} className={tones[tone]}>
            {show ? (
              <Link
                href={filteredAddress(path, at, { show })}
                className="underline decoration-1 underline-offset-4 hover:decoration-2"
              >
                {text}
              </Link>
            ) : (
              text
            )}
          </li>
        ))}
      </ul>
      <p className="text-meta text-soft">
        {bulk.settled
          ? 'Finished.'
          : 'It goes on whether or not anybody watches, also after a restart. A provider that fails is asked again.'}
      </p>
    </div>
  );
}

/** What one must know of a provider before, and do by hand afterwards. */
function ProviderWarning({ provider, prepared }: { provider: BulkProviderView; prepared: boolean }) {
  const { name, count, supported, manualUrl, blastRadius, radius } = provider;
  if (!supported) {
    return (
      <Notice tone="warn" title={`${name} offers clients no revocation`}>
        <p>
          {count.toLocaleString('en-US')} {count === 1 ? 'connection' : 'connections'} can be ended here only. At {name}{' '}
          each person must do it
          {manualUrl ? (
            <>
              {' '}
              on{' '}
              <a href={manualUrl} rel="noreferrer" className="link">
                its own page
              </a>
            </>
          ) : (
            ' on its own page'
          )}
          .
        </p>
      </Notice>
    );
  }
  if (!prepared || blastRadius.count === 0) return null;
  const more = blastRadius.count - blastRadius.connections.length;
  const surely = radius === 'account';
  return (
    <Notice
      tone="warn"
      title={`${blastRadius.count.toLocaleString('en-US')} further ${blastRadius.count === 1 ? 'connection' : 'connections'} ${surely ? 'will' : 'may'} stop working`}
    >
      <p>
        {name} {surely ? 'ends' : 'may end'} access for a whole account at once. These hang on the same accounts and are
        not among the ones below.
      </p>
      <ul className="list-disc pl-5">
        {blastRadius.connections.map(({ id, label, person }) => (
          <li key={id} className="wrap-anywhere">
            <Link href={`/admin/connections/${id}`} className="link">
              {label}
            </Link>{' '}
            of {person.name ?? person.id}
          </li>
        ))}
      </ul>
      {more > 0 && <p>And {more.toLocaleString('en-US')} more.</p>}
    </Notice>
  );
}

function Export({ path, signInUntil }: { path: string; signInUntil: number }) {
  return (
    <form action={`${path}/export`} method="post" className="flex gap-2">
      <GoOn form="export revocation" signInUntil={signInUntil} />
      <button type="submit" name="format" value="csv" className="btn btn-small btn-plain">
        Export CSV
      </button>
      <button type="submit" name="format" value="json" className="btn btn-small btn-plain">
        Export JSON
      </button>
    </form>
  );
}
