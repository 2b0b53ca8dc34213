import { CircleCheck, CircleDashed, CircleSlash, Clock } from 'lucide-react';
import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { Badge } from '#app/_ui/status';
import { Time } from '#app/_ui/time';
import { listApiKeys } from '#lib/access/list-api-keys';
import { adminPage } from '#lib/http/page';
import { listBulkRevocations } from '#lib/revocations/list';
import type { BulkView } from '#lib/revocations/views';
import { criteriaWords } from '#ui/bulk-words';
import type { SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { StandingBrakes } from '../../_parts/standing-brakes.tsx';
import { CriteriaForm } from '../_parts/criteria-form.tsx';

export const metadata: Metadata = { title: 'Revocations' };

export default async function BulkRevocations({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage('/admin/revocations');
  const { filters } = readListAddress(await searchParams, ['provider', 'person', 'key']);
  const [bulks, keys] = await Promise.all([listBulkRevocations(ctx), listApiKeys(ctx)]);
  const administrator = ctx.actor.role === 'administrator';
  const providers = ctx.providers.list().map(({ id, name }) => ({ id, name }));
  const nameOf = (id: unknown) => providers.find((provider) => provider.id === id)?.name;
  const keyOf = (id: unknown) => keys.find((key) => key.id === id)?.name;
  return (
    <>
      <StandingBrakes />
      <PageHeading title="Revocations">
        Many connections ended by one decision, and what their providers said to it.
      </PageHeading>
      <div className="flex flex-col gap-6">
        {administrator && (
          <CriteriaForm
            providers={providers}
            keys={keys.map(({ id, name, prefix }) => ({ id, name: `${name} (${prefix}…)` }))}
            given={{
              ...(filters.provider ? { provider: filters.provider } : {}),
              ...(filters.person ? { personId: filters.person } : {}),
              ...(filters.key ? { readByKey: filters.key } : {}),
            }}
          />
        )}
        {bulks.length > 0 ? (
          <DataTable
            label="Bulk revocations"
            head={
              <>
                <Th>Connections</Th>
                <Th>State</Th>
                <Th from="md">By</Th>
                <Th from="lg">Reason</Th>
                <Th from="sm">When</Th>
              </>
            }
          >
            {bulks.map((bulk) => (
              <Tr key={bulk.id}>
                <Td>
                  <Link
                    href={`/admin/revocations/${bulk.id}`}
                    className="font-medium text-ink tabular hover:text-accent hover:underline"
                  >
                    {bulk.total.toLocaleString('en-US')}
                  </Link>{' '}
                  <span className="wrap-anywhere text-soft">
                    {criteriaWords(bulk.criteria, {
                      provider: nameOf(bulk.criteria.provider),
                      key: keyOf(bulk.criteria.readByKey),
                    }).join(', ')}
                  </span>
                </Td>
                <Td>
                  <BulkBadge state={bulk.state} />
                </Td>
                <Td from="md">{bulk.by.name ?? bulk.by.id}</Td>
                <Td from="lg">
                  <span className="block max-w-60 truncate">{bulk.reason}</span>
                </Td>
                <Td from="sm">
                  <Time at={bulk.startedAt ?? bulk.createdAt} />
                </Td>
              </Tr>
            ))}
          </DataTable>
        ) : (
          <EmptyState icon={CircleSlash} title="No bulk revocation yet">
            As soon as an administrator revokes many connections at once, it stands here with what became of each.
          </EmptyState>
        )}
      </div>
    </>
  );
}

function BulkBadge({ state }: { state: BulkView['state'] }) {
  switch (state) {
    case 'prepared':
      return (
        <Badge tone="quiet" icon={CircleDashed}>
          Not begun
        </Badge>
      );
    case 'running':
      return (
        <Badge tone="due" icon={Clock}>
          Running
        </Badge>
      );
    case 'finished':
      return (
        <Badge tone="good" icon={CircleCheck}>
          All revoked here
        </Badge>
      );
  }
}
