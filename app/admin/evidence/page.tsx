import type { Metadata } from 'next';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { StepUpLink } from '#app/_ui/step-up-link';
import { listLedgerKeys } from '#lib/audit/list-ledger-keys';
import { countConnections } from '#lib/connections/count';
import { readStepUp } from '#lib/sign-in/step-up';
import { lastExportWritten } from '#lib/transfer/export-written';
import { adminPage, inPart } from '#lib/web/page';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';
import { StandingFreezes } from '../_parts/standing-freezes.tsx';
import { signInUntil } from '../_parts/step-up-notice.tsx';
import { ExportConnections } from './_parts/export-connections.tsx';
import { MakeBundle } from './_parts/make-bundle.tsx';

export const metadata: Metadata = { title: 'Evidence' };

const path = '/admin/evidence';
const quarterMs = 92 * 86_400_000;
const dayOf = (at: Date) => at.toISOString().slice(0, 10);

export default async function Evidence({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await adminPage(path);
  const flow = flowParams(await searchParams);
  const refusal = flow ? refusalSentence(flow.code) : null;
  const now = ctx.now();
  const [all, revoked, stepUp, written] = await Promise.all([
    countConnections(ctx),
    countConnections(ctx, { status: 'revoked' }),
    readStepUp(ctx),
    inPart(ctx, 'last_export', lastExportWritten(ctx)),
  ]);
  const live = { count: all.count - revoked.count, capped: all.capped || revoked.capped };
  const signing = listLedgerKeys(ctx).find(({ signs }) => signs);
  return (
    <>
      <StandingFreezes />
      <PageHeading title="Evidence">
        One signed file of a period: checks, reviews, revocations, alerts, freezes, keys, the conformance map, and each
        event of the ledger that it cites with a proof. It has ids and no names, tokens or secrets.
      </PageHeading>
      {refusal && (
        <div className="mb-4">
          <Notice tone="bad" title="The file was not made" reference={flow?.reference ?? undefined} arrival>
            <p>{refusal}</p>
            {flow?.code === 'step_up_required' && (
              <p>
                <StepUpLink returnTo={path} />
              </p>
            )}
          </Notice>
        </div>
      )}
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <MakeBundle path={path} from={dayOf(new Date(now.getTime() - quarterMs))} to={dayOf(now)} />
        <section aria-labelledby="verify" className="card flex min-w-0 flex-col gap-3 p-5">
          <h2 id="verify" className="text-section font-semibold">
            Verify a bundle
          </h2>
          <p>
            Verifying needs the file alone, and neither this hub nor its database. The second verifier is a program of
            Python, <code className="font-mono">docs/verify_evidence.py</code>.
          </p>
          <pre className="overflow-x-auto rounded-md bg-sunken p-3 font-mono text-meta">
            npm run -s grantkeep -- evidence verify bundle.json{'\n'}
            python3 docs/verify_evidence.py bundle.json
          </pre>
          {signing && (
            <p className="text-soft">
              New bundles are signed by the key <code className="font-mono wrap-anywhere">{signing.key_id}</code>,
              fingerprint <code className="font-mono">{signing.fingerprint}</code>. Keep its public key elsewhere:{' '}
              <code className="font-mono wrap-anywhere">{signing.public_key}</code>
            </p>
          )}
          <p className="text-soft">
            What happened since the last bundle stands in the{' '}
            <Link href="/admin/ledger" className="link">
              ledger
            </Link>
            .
          </p>
        </section>
        <ExportConnections
          live={live}
          withTokens={ctx.actor.role === 'administrator'}
          signInUntil={signInUntil(stepUp)}
          written={written}
        />
      </div>
    </>
  );
}
