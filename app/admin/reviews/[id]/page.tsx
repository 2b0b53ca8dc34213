import type { Metadata } from 'next';
import { cache } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { DayOf } from '#app/_ui/clock';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Time } from '#app/_ui/time';
import { drillTask, listDrillConnections } from '#lib/reviews/drill';
import { listUnattendedDrills } from '#lib/reviews/grant-for-drill';
import { inactiveTask, listInactivePeople } from '#lib/reviews/inactive-people';
import { getReview, listOwners } from '#lib/reviews/list';
import type { ReviewDetailView } from '#lib/reviews/views';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, orNotFound, titleOf } from '#lib/web/page';
import { actorWords } from '#ui/actor-words';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { signInUntil } from '../../_parts/step-up-notice.tsx';
import { FindingList } from '../_parts/finding-list.tsx';
import { InactivePeople } from '../_parts/inactive-people.tsx';
import { countWords, periodWords, ReviewState } from '../_parts/marks.tsx';
import { ComputeButton, OwnerForm, SignOffForm } from '../_parts/sign-off-form.tsx';

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string) =>
  getReview(await adminPage(`/admin/reviews/${encodeURIComponent(id)}`), { id }),
);

export async function generateMetadata({ params }: { params: Promise<{ id: string }> }): Promise<Metadata> {
  return { title: (await titleOf(readOnce((await params).id)))?.title ?? 'Review' };
}

export default async function ReviewPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const ctx = await adminPage(`/admin/reviews/${encodeURIComponent(id)}`);
  const review = await orNotFound(readOnce(id));
  const open = review.state === 'open' || review.state === 'overdue';
  const acts = open && ctx.actor.role === 'administrator';
  const drills = acts && review.task === drillTask;
  const tests = drills ? await listDrillConnections(ctx) : new Map();
  const unattended: ReadonlySet<string> = drills ? listUnattendedDrills(ctx) : new Set();
  const { findings } = review;
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/reviews">Reviews</BackLink>
      <h1 className="text-title font-semibold tracking-tight wrap-anywhere">{review.title}</h1>
      <p className="mt-2 mb-4 max-w-[75ch] text-soft">{review.about}</p>
      {open && review.task === inactiveTask && (
        <InactivePeople
          list={await listInactivePeople(ctx)}
          signInUntil={acts ? signInUntil(await readStepUp(ctx)) : null}
        />
      )}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <section aria-labelledby="findings" className="card flex min-w-0 flex-col gap-3 p-5">
          <div className="flex flex-wrap items-start justify-between gap-3">
            <div>
              <h2 id="findings" className="text-section font-semibold">
                Findings
              </h2>
              <p className="text-meta text-soft">
                {countWords(review.counts)}
                {review.findingsAt && (
                  <>
                    , computed <Time at={review.findingsAt} />
                  </>
                )}
                {findings && (
                  <>
                    , about the time from <Time at={new Date(findings.from)} /> on
                  </>
                )}
              </p>
            </div>
            {acts && <ComputeButton id={id} />}
          </div>
          {findings ? (
            <FindingList findings={findings.items} acts={acts} tests={tests} unattended={unattended} />
          ) : (
            <p className="text-soft">The hub computes them within minutes after a review opens.</p>
          )}
          {findings && findings.more > 0 && <p className="text-soft">{findings.more} more were left out.</p>}
        </section>
        <div className="flex min-w-0 flex-col gap-4">
          <section aria-labelledby="facts" className="card flex flex-col gap-4 p-5">
            <h2 id="facts" className="text-section font-semibold">
              Review
            </h2>
            <ReviewFacts review={review} />
            {acts && <OwnerForm id={id} owner={review.owner?.id ?? ''} owners={await listOwners(ctx)} />}
          </section>
          {acts && (
            <section aria-labelledby="sign-off" className="card flex flex-col gap-4 p-5">
              <h2 id="sign-off" className="text-section font-semibold">
                Sign off
              </h2>
              <SignOffForm id={id} findingsAt={review.findingsAt?.toISOString() ?? null} fresh={review.fresh} />
            </section>
          )}
          <History reviews={review.history} />
        </div>
      </div>
    </>
  );
}

function ReviewFacts({ review }: { review: ReviewDetailView }) {
  const { signedOffAt, signedOffBy, note, owner } = review;
  return (
    <Facts>
      <Fact label="State">
        <ReviewState review={review} />
      </Fact>
      <Fact label="Period">{periodWords[review.period]}</Fact>
      <Fact label="Due">
        <Time at={review.dueAt} />
      </Fact>
      <Fact label="Owner">{owner ? actorWords(owner) : 'Not assigned'}</Fact>
      {signedOffAt && signedOffBy && (
        <Fact label="Signed off">
          <Time at={signedOffAt} /> by {actorWords(signedOffBy)}
        </Fact>
      )}
      {note && <Fact label="Note">{note}</Fact>}
    </Facts>
  );
}

function History({ reviews }: { reviews: ReviewDetailView['history'] }) {
  return (
    <section aria-labelledby="history" className="card flex flex-col gap-3 p-5">
      <h2 id="history" className="text-section font-semibold">
        History
      </h2>
      {reviews.length === 0 && <p className="text-soft">This is the first review of its kind.</p>}
      <ul className="flex flex-col gap-2">
        {reviews.map((one) => (
          <li key={one.id} className="flex flex-wrap items-center gap-3">
            <Link href={`/admin/reviews/${one.id}`} className="link">
              Due <DayOf at={one.dueAt.toISOString()} />
            </Link>
            <ReviewState review={one} />
          </li>
        ))}
      </ul>
    </section>
  );
}
