import type { Metadata } from 'next';
import { BackLink } from '#app/_ui/back-link';
import { Link } from '#app/_ui/link';
import { PageHeading } from '#app/_ui/page-heading';
import { listRules } from '#lib/alerts/list-rules';
import { adminPage } from '#lib/web/page';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { Severity } from '../_parts/marks.tsx';
import { WhatIsSeen } from '../_parts/what-is-seen.tsx';
import { SetByHand } from './_parts/set-by-hand.tsx';

export const metadata: Metadata = { title: 'Alert rules' };

const path = '/admin/alerts/rules';

export default async function AlertRules() {
  const ctx = await adminPage(path);
  const rules = await listRules(ctx);
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/alerts">Alerts</BackLink>
      <PageHeading title="Rules">
        What raises an alert, and when it resolves. Where a rule counts, administrators set its thresholds and windows
        on its page. An alert that ends by itself and soon comes back stays the same alert, and no new message is sent.
      </PageHeading>
      <DataTable
        label="Rules"
        head={
          <>
            <Th>Rule</Th>
            <Th from="sm">Severity</Th>
            <Th from="md">Opens at</Th>
            <Th from="lg">Resolves</Th>
          </>
        }
      >
        {rules.map((rule) => (
          <Tr key={rule.id}>
            <Td>
              <span className="block py-1 md:py-2">
                <Link href={`${path}/${rule.id}`} className="font-medium text-ink hover:text-accent hover:underline">
                  {rule.title}
                </Link>
                <span className="block max-w-[60ch] text-soft">{rule.about}</span>
                <span className="mt-1 block @min-[42rem]:hidden">{rule.opens}</span>
                <span className="mt-1 flex flex-wrap gap-1">
                  <span className="@min-[36rem]:hidden">
                    <Severity severity={rule.severity} />
                  </span>
                  {rule.changed && <SetByHand />}
                </span>
              </span>
            </Td>
            <Td from="sm">
              <Severity severity={rule.severity} />
            </Td>
            <Td from="md">
              <span className="block max-w-[28ch] py-2">{rule.opens}</span>
            </Td>
            <Td from="lg">
              <span className="block max-w-[24ch] py-2">{rule.ends}</span>
            </Td>
          </Tr>
        ))}
      </DataTable>
      <WhatIsSeen />
    </>
  );
}
