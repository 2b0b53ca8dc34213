import { Badge } from '#app/_ui/status';
import { stateWords } from '#lib/conformance/clause';
import type { ClauseView, SpecificationView, TestView } from '#lib/conformance/list';
import { resultMarks, stateMarks } from './marks.ts';

/** The clauses of one specification that the filter lets through. */
export function ClauseList({ specification }: { specification: SpecificationView }) {
  const { id, name, title, url, scope, clauses } = specification;
  return (
    <section aria-labelledby={id} className="card flex flex-col gap-2 p-5">
      <h2 id={id} className="text-section font-semibold">
        <a href={url} rel="noreferrer" className="hover:text-accent hover:underline">
          {name}
        </a>
        <span className="font-normal text-soft">: {title}</span>
      </h2>
      <p className="max-w-[85ch] text-soft">{scope}</p>
      <ul className="flex flex-col">
        {clauses.map((clause) => (
          <ClauseItem key={clause.id} clause={clause} />
        ))}
      </ul>
    </section>
  );
}

function ClauseItem({ clause }: { clause: ClauseView }) {
  const { id, level, asks, state, reason, code, tests } = clause;
  const { tone, icon } = stateMarks[state];
  return (
    <li className="flex flex-col gap-1 border-t border-line py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="font-medium">{id}</h3>
        <span className="text-meta text-soft uppercase">{level}</span>
        <Badge tone={tone} icon={icon}>
          {stateWords[state]}
        </Badge>
      </div>
      <p className="max-w-[85ch]">{asks}</p>
      {reason && <p className="max-w-[85ch] text-soft">{reason}</p>}
      {code.length > 0 && (
        <p className="text-meta text-soft">
          Where:{' '}
          {code.map((place) => (
            <code key={place} className="mr-3 font-mono wrap-anywhere">
              {place}
            </code>
          ))}
        </p>
      )}
      {tests.length > 0 && (
        <ul aria-label="Tests" className="flex flex-col gap-1 text-meta">
          {tests.map((test) => (
            <TestItem key={`${test.file} ${test.title}`} test={test} />
          ))}
        </ul>
      )}
    </li>
  );
}

function TestItem({ test: { file, title, result } }: { test: TestView }) {
  const { tone, icon, word } = resultMarks[result ?? 'unknown'];
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <Badge tone={tone} icon={icon}>
        {word}
      </Badge>
      <span className="min-w-0 wrap-anywhere">{title}</span>
      <code className="font-mono wrap-anywhere text-soft">{file}</code>
    </li>
  );
}
