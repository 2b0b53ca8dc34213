import { ChevronRight } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Time } from '#app/_ui/time';
import type { CheckView } from '#lib/checks/results';
import { historyOf } from './history-address.ts';
import { OutcomeMark } from './outcome-mark.tsx';

/** The results that call for nothing now, folded each by their kind. */
const folded: [CheckView['result'], (count: number) => string][] = [
  ['unknown', (count) => `${count} cannot be known`],
  ['not_promised', (count) => (count === 1 ? '1 is not ours to promise' : `${count} are not ours to promise`)],
  ['passes', (count) => (count === 1 ? '1 passes' : `${count} pass`)],
];

/** The results of one line of the playbook: faults stand at the top, and the others are folded. A single one is open. */
export function ResultList({ results }: { results: readonly CheckView[] }) {
  const of = (result: CheckView['result']) => results.filter((one) => one.result === result);
  return (
    <>
      <Results results={of('fails')} />
      {folded.map(([result, words]) => {
        const those = of(result);
        if (those.length === 0) return null;
        return (
          <details key={result} className="group" open={results.length === 1}>
            <summary className="inline-flex cursor-pointer items-center gap-1 rounded-md font-medium text-accent">
              <ChevronRight aria-hidden="true" className="size-4 group-open:rotate-90" />
              {words(those.length)}
            </summary>
            <Results results={those} />
          </details>
        );
      })}
    </>
  );
}

function Results({ results }: { results: readonly CheckView[] }) {
  if (results.length === 0) return null;
  return (
    <ul className="flex flex-col">
      {results.map((one) => (
        <Result key={`${one.check} ${one.provider?.id}`} one={one} />
      ))}
    </ul>
  );
}

function Result({ one }: { one: CheckView }) {
  const { provider, name, lookedAt, found, mend, since, at } = one;
  return (
    <li className="flex flex-col gap-1 border-t border-line py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="font-medium">
          {provider ? (
            <Link
              href={`/admin/providers/${encodeURIComponent(provider.id)}`}
              className="hover:text-accent hover:underline"
            >
              {provider.name}
            </Link>
          ) : (
            'This hub'
          )}
          <span className="font-normal text-soft">: {name}</span>
        </h3>
        <OutcomeMark result={one.result} />
        <span className="text-meta text-soft">
          since <Time at={since} />, looked at <Time at={at} />,{' '}
          <Link href={historyOf(one)} className="link">
            history
            <span className="sr-only">
              {' '}
              of {name} at {provider?.name ?? 'this hub'}
            </span>
          </Link>
        </span>
      </div>
      <p className="max-w-[85ch] wrap-anywhere">{found}</p>
      {mend && (
        <p className="max-w-[85ch] wrap-anywhere text-soft">
          <span className="font-medium text-ink">To do:</span> {mend}
        </p>
      )}
      <p className="max-w-[85ch] text-meta wrap-anywhere text-soft">Looked at: {lookedAt}</p>
    </li>
  );
}
