import type { Metadata } from 'next';
import { BackLink } from '#app/_ui/back-link';
import { PageHeading } from '#app/_ui/page-heading';
import { endsAt, opensAt } from '#lib/alerts/describe-rule';
import { rules } from '#lib/alerts/rules';
import { adminPage } from '#lib/http/page';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { StandingBrakes } from '../../_parts/standing-brakes.tsx';
import { Severity } from '../_parts/marks.tsx';
import { WhatIsSeen } from '../_parts/what-is-seen.tsx';

export const metadata: Metadata = { title: 'Alert rules' };

export default async function AlertRules() {
  await adminPage('/admin/alerts/rules');
  return (
    <>
      <StandingBrakes />
      <BackLink href="/admin/alerts">Alerts</BackLink>
      <PageHeading title="Rules">
        What raises an alert, and when it is over. What ends by itself and comes back within an hour is the same alert,
        and nobody is told anew.
      </PageHeading>
      <DataTable
        label="Rules"
        head={
          <>
            <Th>Rule</Th>
            <Th from="sm">Severity</Th>
            <Th from="md">Opens at</Th>
            <Th from="lg">Is over</Th>
          </>
        }
      >
        {rules.map((rule) => (
          <Tr key={rule.id}>
            <Td>
              <span className="block py-1 font-medium">{rule.title}</span>
              <span className="block max-w-[60ch] pb-1 text-soft">{rule.about}</span>
              <span className="block pb-1 text-soft @min-[42rem]:hidden">{opensAt(rule)}</span>
            </Td>
            <Td from="sm">
              <Severity severity={rule.severity} />
            </Td>
            <Td from="md">{opensAt(rule)}</Td>
            <Td from="lg">{endsAt(rule)}</Td>
          </Tr>
        ))}
      </DataTable>
      <WhatIsSeen />
    </>
  );
}
