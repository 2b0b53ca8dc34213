import { Link } from '#app/_ui/link';
import type { ReviewDetailView } from '#lib/reviews/views';
import { FreezeButton } from '../../freezes/_parts/freeze-button.tsx';
import { DrillForm } from './drill-form.tsx';
import { FindingResult } from './marks.tsx';
import { PrepareRevocation } from './prepare-revocation.tsx';

type TestConnections = ReadonlyMap<string, { id: string; label: string }[]>;
type Finding = NonNullable<ReviewDetailView['findings']>['items'][number];

interface FindingListProps {
  findings: readonly Finding[];
  acts: boolean;
  /** The reader's own connections by provider, for drills. */
  tests: TestConnections;
  /** Providers at which the hub makes a grant for a drill by itself. */
  unattended: ReadonlySet<string>;
}

/** The findings, the most urgent first, each with what can be done about it. */
export function FindingList({ findings, acts, tests, unattended }: FindingListProps) {
  if (findings.length === 0) return <p className="text-soft">Nothing was found in this time.</p>;
  return (
    <ul className="flex flex-col">
      {findings.map((one) => (
        <li
          key={`${one.subject} ${one.found}`}
          className="flex flex-col gap-1 border-t border-line py-3 first:border-t-0"
        >
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h3 className="font-medium wrap-anywhere">{one.subject}</h3>
            <FindingResult result={one.result} />
          </div>
          <p className="max-w-[85ch] wrap-anywhere">{one.found}</p>
          {one.figures && (
            <dl className="flex flex-wrap gap-x-6 gap-y-1">
              {one.figures.map(({ name, value }) => (
                <div key={name} className="flex gap-2">
                  <dt className="text-soft">{name}</dt>
                  <dd className="tabular">{value}</dd>
                </div>
              ))}
            </dl>
          )}
          {one.propose && (
            <p className="max-w-[85ch] wrap-anywhere text-soft">
              <span className="font-medium text-ink">To do:</span> {one.propose}
            </p>
          )}
          {(one.href || (acts && one.act)) && (
            <div className="flex flex-wrap items-center gap-3">
              {one.href && (
                <Link href={one.href} className="link">
                  Look<span className="sr-only"> at {one.subject}</span>
                </Link>
              )}
              {acts && <Act finding={one} tests={tests} unattended={unattended} />}
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

interface ActProps extends Pick<FindingListProps, 'tests' | 'unattended'> {
  finding: Finding;
}

function Act({ finding: { act, subject }, tests, unattended }: ActProps) {
  if (act?.kind === 'freeze') return <FreezeButton scope={act.scope} target={act.target} name={subject} small />;
  if (act?.kind === 'revoke_many') return <PrepareRevocation criteria={act.criteria} subject={subject} />;
  if (act?.kind !== 'drill') return null;
  const { provider } = act;
  return <DrillForm provider={provider} tests={tests.get(provider) ?? []} unattended={unattended.has(provider)} />;
}
