import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { CalendarCheck } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Time } from '#app/_ui/time';
import { listReviews } from '#lib/reviews/list';
import type { ReviewView } from '#lib/reviews/views';
import { adminPage } from '#lib/web/page';
import { actorWords } from '#ui/actor-words';
import { DataTable, Td, Th, Tr } from '../_parts/data-table.tsx';
import { StandingFreezes } from '../_parts/standing-freezes.tsx';
import { countWords, periodWords, ReviewState } from './_parts/marks.tsx';
import { Year } from './_parts/year.tsx';

export const metadata: Metadata = { title: 'Reviews' };

export default async function Reviews() {
  const ctx = await adminPage('/admin/reviews');
  const { due, year } = await listReviews(ctx);
  const began = year.some(({ reviews }) => reviews.length > 0);
  return (
    <>
      <StandingFreezes />
      <PageHeading title="Reviews">
        What the playbook asks for each week, month and quarter, and when a provider changes. The hub computes the
        findings; an administrator acts on them and signs off.
      </PageHeading>
      <div className="flex flex-col gap-4">
        {due.length > 0 ? (
          <DueTable reviews={due} />
        ) : (
          <EmptyState icon={CalendarCheck} title={began ? 'Nothing is due' : 'No reviews yet'}>
            {began
              ? 'Each review of this week, month and quarter is signed off. The next ones open with their period.'
              : 'The first reviews open within a minute of the start of the hub.'}
          </EmptyState>
        )}
        {began && <Year year={year} />}
      </div>
    </>
  );
}

function DueTable({ reviews }: { reviews: readonly ReviewView[] }) {
  return (
    <DataTable
      label="Reviews that are due"
      head={
        <>
          <Th>Review</Th>
          <Th>State</Th>
          <Th from="sm">Due</Th>
          <Th from="md">Findings</Th>
          <Th from="lg">Owner</Th>
        </>
      }
    >
      {reviews.map((review) => (
        <Tr key={review.id}>
          <Td>
            <Link
              href={`/admin/reviews/${review.id}`}
              className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
            >
              {review.title}
            </Link>
            <span className="block text-soft">
              {periodWords[review.period]}
              <span className="@min-[36rem]:hidden">
                , due <Time at={review.dueAt} />
              </span>
            </span>
          </Td>
          <Td>
            <ReviewState review={review} />
          </Td>
          <Td from="sm">
            <Time at={review.dueAt} />
          </Td>
          <Td from="md">{countWords(review.counts)}</Td>
          <Td from="lg">{review.owner ? actorWords(review.owner) : <span className="text-soft">Not assigned</span>}</Td>
        </Tr>
      ))}
    </DataTable>
  );
}
