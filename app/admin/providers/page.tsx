import type { Metadata } from 'next';
import { EmptyState } from '#app/_ui/empty-state';
import { Blocks } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { ProviderMark } from '#app/_ui/provider-mark';
import { TimeOr } from '#app/_ui/time';
import { countByProvider } from '#lib/connections/count-by-provider';
import { describeProviders } from '#lib/provider-check/describe-provider';
import { type LastCheckView, listLastChecks } from '#lib/provider-check/last-check';
import { adminPage, inPart } from '#lib/web/page';
import { connectionsAddress } from '../_overview/addresses.ts';
import { Figure } from '../_overview/figure.tsx';
import { DataTable, Td, Th, Tr } from '../_parts/data-table.tsx';
import { StandingFreezes } from '../_parts/standing-freezes.tsx';
import { CheckMark } from './_parts/check-results.tsx';

export const metadata: Metadata = { title: 'Providers' };

export default async function Providers() {
  const ctx = await adminPage('/admin/providers');
  const described = describeProviders(ctx);
  const [counts, checks] = await Promise.all([
    inPart(ctx, 'provider_counts', countByProvider(ctx)),
    inPart(ctx, 'provider_checks', listLastChecks(ctx)),
  ]);
  const checkOf = (id: string): LastCheckView | null => checks?.find(({ provider }) => provider === id) ?? null;
  return (
    <>
      <StandingFreezes />
      <PageHeading title="Providers">
        The authorization servers of this hub: how each is set up, and whether it works.
      </PageHeading>
      {described.length === 0 ? (
        <EmptyState icon={Blocks} title="No provider is set up">
          The operator of this hub adds providers in its configuration. They are listed here.
        </EmptyState>
      ) : (
        <DataTable
          label="Providers"
          head={
            <>
              <Th>Provider</Th>
              <Th from="sm">Last check</Th>
              <Th from="md">Checked</Th>
              <Th from="sm">Connections</Th>
              <Th from="lg">For</Th>
            </>
          }
        >
          {described.map(({ provider, issuer, connect, signIn }) => {
            const total = counts?.find((one) => one.provider.id === provider.id)?.total ?? 0;
            const check = checks ? <CheckMark check={checkOf(provider.id)} /> : 'not known';
            const connections = counts ? (
              <Figure
                counted={total}
                href={connectionsAddress({ provider: provider.id })}
                label={`Connections of ${provider.name}`}
              />
            ) : (
              'not known'
            );
            return (
              <Tr key={provider.id}>
                <Td>
                  <div className="flex items-center gap-3 py-1">
                    <ProviderMark provider={provider} size="small" />
                    <div className="min-w-0">
                      <Link
                        href={`/admin/providers/${encodeURIComponent(provider.id)}`}
                        className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
                      >
                        {provider.name}
                      </Link>
                      <code className="block font-mono text-meta wrap-anywhere text-soft">{issuer}</code>
                      <div className="mt-1 flex flex-wrap items-center gap-2 @min-[36rem]:hidden">
                        {check}
                        <span className="text-soft">Connections: {connections}</span>
                      </div>
                    </div>
                  </div>
                </Td>
                <Td from="sm">{check}</Td>
                <Td from="md">
                  <TimeOr at={checkOf(provider.id)?.startedAt ?? null} otherwise={checks ? 'never' : 'not known'} />
                </Td>
                <Td from="sm">{connections}</Td>
                <Td from="lg">{[connect && 'connecting', signIn && 'signing in'].filter(Boolean).join(', ')}</Td>
              </Tr>
            );
          })}
        </DataTable>
      )}
    </>
  );
}
