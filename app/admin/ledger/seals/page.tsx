import type { Metadata } from 'next';
import { BackLink } from '#app/_ui/back-link';
import { Clock } from '#app/_ui/clock';
import { EmptyState } from '#app/_ui/empty-state';
import { Fact, Facts } from '#app/_ui/facts';
import { GoOn } from '#app/_ui/go-on';
import { Download, ShieldCheck } from '#app/_ui/icons';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Panel } from '#app/_ui/panel';
import { StepUpLink } from '#app/_ui/step-up-link';
import { Time, TimeOr } from '#app/_ui/time';
import { ZoneNote } from '#app/_ui/zone-note';
import { isCheckRunning } from '#lib/audit/begin-check';
import { listSeals, readSealStatus, type SealView } from '#lib/audit/list-seals';
import { adminPage, orNotFound } from '#lib/web/page';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { listRows } from '../../_parts/list-rows.ts';
import { LiveTail } from '../../_parts/live-tail.tsx';
import { RowsByDay } from '../../_parts/rows-by-day.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { CheckResult } from './_parts/check-result.tsx';
import { VerifyForm } from './_parts/verify-form.tsx';

export const metadata: Metadata = { title: 'Seals of the ledger' };

const path = '/admin/ledger/seals';
const number = new Intl.NumberFormat('en-US');
/** Entries get a seal every minute; after so many without a seal something keeps them. */
const lateAfterMs = 15 * 60_000;

export default async function Seals({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const search = await searchParams;
  const at = readListAddress(search, []);
  const [{ items, nextCursor }, status] = await orNotFound(
    Promise.all([listSeals(ctx, { cursor: at.cursor, limit: listRows }), readSealStatus(ctx)]),
  );
  const running = isCheckRunning();
  const { since } = status.waiting;
  const late = since !== null && ctx.now().getTime() - since.getTime() > lateAfterMs;
  const flow = flowParams(search);
  const refusal = flow ? refusalSentence(flow.code) : null;
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/ledger">Ledger</BackLink>
      <PageHeading
        title="Seals"
        action={
          <form action="/admin/ledger/checkpoint" method="post">
            <GoOn form="checkpoint" />
            <button type="submit" className="btn btn-small btn-plain">
              <Download aria-hidden="true" className="size-4" />
              Export a checkpoint
            </button>
          </form>
        }
      >
        Every minute the new entries get a seal: hashed together, chained to the seal before, and signed. Keep a
        checkpoint outside this hub from time to time; it shows whether the past was rewritten.
      </PageHeading>
      {running && <LiveTail seconds={3} />}
      <div className="mb-6 flex flex-col gap-3">
        {refusal && (
          <Notice tone="bad" title="There is no checkpoint" reference={flow?.reference ?? undefined} arrival>
            <p>{refusal}</p>
            {flow?.code === 'step_up_required' && (
              <p>
                <StepUpLink returnTo={path} form="checkpoint" goOn />
              </p>
            )}
          </Notice>
        )}
        <CheckResult check={status.lastCheck} />
        {late && (
          <Notice tone="warn" title="Entries wait for their seal longer than they should">
            <p>
              {number.format(status.waiting.rows)} entries, the oldest from <TimeOr at={since} otherwise="now" />. The
              background jobs do not run, or a transaction in this database has been open since.
            </p>
          </Notice>
        )}
      </div>
      <div className="mb-6 grid items-start gap-4 lg:grid-cols-2">
        <Panel id="verify" title="Verify">
          <VerifyForm running={running} />
        </Panel>
        <Panel id="stand" title="Status">
          <Facts>
            <Fact label="Last seal">
              {status.lastSeal ? (
                <>
                  {number.format(status.lastSeal.n)}, <Time at={status.lastSeal.sealedAt} />
                </>
              ) : (
                'none yet'
              )}
            </Fact>
            <Fact label="Without a seal">
              {number.format(status.waiting.rows)} {status.waiting.rows === 1 ? 'entry' : 'entries'}
              {since && (
                <span className="text-soft">
                  , the oldest from <Time at={since} />
                </span>
              )}
            </Fact>
            <Fact label="Kept">
              {ctx.config.ledgerRetentionMonths === 0
                ? 'everything'
                : `this month and ${ctx.config.ledgerRetentionMonths} before it`}
            </Fact>
            {status.keys.map((key) => (
              <Fact key={key.key_id} label={key.signs ? 'Key that signs' : 'Earlier key'}>
                <code className="font-mono text-meta wrap-anywhere">{key.key_id}</code>
                <span className="text-meta text-soft">
                  , fingerprint <code className="font-mono wrap-anywhere">{key.fingerprint}</code>
                </span>
              </Fact>
            ))}
          </Facts>
        </Panel>
      </div>
      {items.length > 0 ? (
        <>
          <div className="mb-4">
            <ZoneNote />
          </div>
          <SealTable seals={items} />
        </>
      ) : (
        <EmptyState icon={ShieldCheck} title="No seals yet">
          The first one is made within a minute after the first entry.
        </EmptyState>
      )}
      <Pager path={path} at={at} nextCursor={nextCursor} />
    </>
  );
}

function SealTable({ seals }: { seals: SealView[] }) {
  return (
    <DataTable
      label="Seals"
      head={
        <>
          <Th>Seal</Th>
          <Th>Made</Th>
          <Th>Entries</Th>
          <Th from="sm">Months</Th>
          <Th from="md">Key</Th>
          <Th from="lg">Hash</Th>
        </>
      }
    >
      <RowsByDay items={seals} at={({ sealedAt }) => sealedAt} columns={6}>
        {(seal) => (
          <Tr key={seal.n}>
            <Td>
              <span className="tabular font-medium">{number.format(seal.n)}</span>
            </Td>
            <Td>
              <Clock at={seal.sealedAt.toISOString()} />
            </Td>
            <Td>
              <span className="tabular">{number.format(seal.rows)}</span>
            </Td>
            <Td from="sm">
              {seal.months.join(', ')}
              {seal.dropped.length > 0 && (
                <span className="text-soft">dropped {seal.dropped.join(', ')} on purpose</span>
              )}
            </Td>
            <Td from="md">
              <code className="font-mono">{seal.keyId}</code>
            </Td>
            <Td from="lg">
              <code className="font-mono wrap-anywhere">{seal.hash}</code>
            </Td>
          </Tr>
        )}
      </RowsByDay>
    </DataTable>
  );
}
