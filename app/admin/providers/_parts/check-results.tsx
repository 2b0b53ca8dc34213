import { CopyButton } from '#app/_ui/copy-button';
import { ChevronRight, CircleAlert, CircleCheck, CircleHelp } from '#app/_ui/icons';
import { Badge } from '#app/_ui/status';
import { Time } from '#app/_ui/time';
import type { LastCheckView } from '#lib/provider-check/last-check';
import { type CheckId, type CheckResult, checkNames } from '#lib/provider-check/report';
import { actorWords } from '#ui/actor-words';
import { LiveTail } from '../../_parts/live-tail.tsx';

const looks = {
  fails: { tone: 'bad', icon: CircleAlert, word: 'Fails' },
  unknown: { tone: 'quiet', icon: CircleHelp, word: 'Cannot be known' },
  passes: { tone: 'good', icon: CircleCheck, word: 'Passes' },
} as const;

/** How a check went, for a line. */
export function CheckSummary({ check }: { check: LastCheckView | null }) {
  if (!check) return <span className="text-soft">Never checked</span>;
  const { counts, state, startedAt, startedBy } = check;
  return (
    <span>
      {state === 'running' ? 'Begun' : 'Checked'} <Time at={startedAt} />
      {startedBy && ` by ${actorWords(startedBy)}`}: {counts.passes} pass, {counts.fails} fail, {counts.unknown} cannot
      be known
      {state === 'lost' && '. The process that ran the check ended before its end'}.
    </span>
  );
}

export function CheckMark({ check }: { check: LastCheckView | null }) {
  if (!check)
    return (
      <Badge tone="quiet" icon={CircleHelp}>
        Never checked
      </Badge>
    );
  const { fails } = check.counts;
  if (check.state === 'running')
    return (
      <Badge tone="due" icon={CircleHelp}>
        Checking
      </Badge>
    );
  if (check.state === 'lost')
    return (
      <Badge tone="warn" icon={CircleAlert}>
        Not finished
      </Badge>
    );
  return fails > 0 ? (
    <Badge tone="bad" icon={CircleAlert}>
      {fails === 1 ? '1 check fails' : `${fails} checks fail`}
    </Badge>
  ) : (
    <Badge tone="good" icon={CircleCheck}>
      Nothing fails
    </Badge>
  );
}

/** Every result of the last check: faults stand at the top, and passing results are folded once the check has ended. */
export function CheckResults({ check }: { check: LastCheckView | null }) {
  if (!check)
    return (
      <p className="text-soft">
        A check looks at names, certificates, metadata, endpoints, the client’s credentials, the redirect URI, keys and
        clocks. It takes up to 20 seconds, changes nothing at the provider, and needs no person.
      </p>
    );
  const of = (result: CheckResult['result']) => check.results.filter((one) => one.result === result);
  const passes = of('passes');
  return (
    <div className="flex flex-col gap-4">
      <p role="status" className="text-soft">
        <CheckSummary check={check} />
      </p>
      {check.state === 'running' && <LiveTail seconds={1} />}
      <Results results={[...of('fails'), ...of('unknown')]} />
      {check.state === 'running' ? (
        <Results results={passes} />
      ) : (
        passes.length > 0 && (
          <details className="group">
            <summary className="inline-flex cursor-pointer items-center gap-1 rounded-md font-medium text-accent">
              <ChevronRight aria-hidden="true" className="size-4 group-open:rotate-90" />
              {passes.length === 1 ? '1 check passes' : `${passes.length} checks pass`}
            </summary>
            <div className="mt-2">
              <Results results={passes} />
            </div>
          </details>
        )
      )}
    </div>
  );
}

function Results({ results }: { results: CheckResult[] }) {
  if (results.length === 0) return null;
  return (
    <ul className="flex flex-col">
      {results.map((one) => (
        <Result key={keyOf(one)} one={one} />
      ))}
    </ul>
  );
}

const keyOf = ({ check, lookedAt, found }: CheckResult) => `${check} ${lookedAt} ${found}`;

function Result({ one }: { one: CheckResult }) {
  const { tone, icon, word } = looks[one.result];
  return (
    <li className="flex flex-col gap-1 border-t border-line py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="font-medium">{checkNames[one.check as CheckId] ?? one.check}</h3>
        <Badge tone={tone} icon={icon}>
          {word}
        </Badge>
        <code className="font-mono text-meta wrap-anywhere text-soft">{one.lookedAt}</code>
      </div>
      <p className="max-w-[85ch] wrap-anywhere">{one.found}</p>
      {one.mend && (
        <p className="max-w-[85ch] wrap-anywhere text-soft">
          <span className="font-medium text-ink">To do:</span> {one.mend}
        </p>
      )}
      {one.recordLine && (
        <p className="flex flex-wrap items-center gap-2 text-soft">
          Line for the record:
          <code className="rounded-md bg-sunken px-2 py-1 font-mono text-meta wrap-anywhere text-ink">
            {one.recordLine}
          </code>
          <CopyButton text={one.recordLine} label="Copy" />
        </p>
      )}
    </li>
  );
}
