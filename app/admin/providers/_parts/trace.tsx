import { CopyButton } from '#app/_ui/copy-button';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import type { FlowTrace } from '#lib/flow-trace/trace';
import { refusalSentence } from '#ui/flow-result';
import { OutcomeMark } from '../../checks/_parts/outcome-mark.tsx';
import { Endings } from './endings.tsx';
import { Fields, Steps } from './trace-steps.tsx';

const kept = {
  kept: 'It is an ordinary connection of yours.',
  revoked: 'It is being revoked, as you chose.',
  not_revoked: 'It was not revoked: the account was connected before, or others would have ended with it.',
} as const;

function Outcome({ trace }: { trace: FlowTrace }) {
  if (trace.state === 'begun')
    return (
      <Notice tone="info" title="The answer has not come yet">
        <p className="text-meta">
          Where the provider showed an error page of its own, read it there: it sent nothing back to the hub.
        </p>
      </Notice>
    );
  if (trace.state === 'refused') return <Refusal trace={trace} />;
  return (
    <Notice tone="good" title="Connected">
      <p className="text-meta">
        {trace.kept && kept[trace.kept]}{' '}
        {trace.connectionId && (
          <Link href={`/admin/connections/${trace.connectionId}`} className="link">
            The connection
          </Link>
        )}
      </p>
    </Notice>
  );
}

function Refusal({ trace: { code, providerError, steps } }: { trace: FlowTrace }) {
  const sentence = code && refusalSentence(code, providerError);
  return (
    <Notice tone="bad" title="The flow was refused">
      {sentence && <p>{sentence}</p>}
      <p className="text-meta">
        The hub’s code is <code className="font-mono">{code}</code>
        {providerError && (
          <>
            , the provider’s is <code className="font-mono">{providerError}</code>
          </>
        )}
        .{steps.some(({ kind }) => kind === 'call') && ' If tokens came, the hub revokes them.'}
      </p>
    </Notice>
  );
}

/** Every step of a flow, without a secret in it. */
export function Trace({ trace }: { trace: FlowTrace }) {
  return (
    <div className="flex flex-col gap-5">
      <Outcome trace={trace} />
      {trace.codeTwice && (
        <section aria-labelledby="code-twice">
          <h3 id="code-twice" className="mb-2 flex flex-wrap items-center gap-2 font-medium">
            The code, shown twice <OutcomeMark result={trace.codeTwice.result} />
          </h3>
          <Endings server={trace.codeTwice.server} hub={trace.codeTwice.hub} />
        </section>
      )}
      {trace.hints.length > 0 && (
        <section aria-labelledby="trace-hints">
          <h3 id="trace-hints" className="mb-2 font-medium">
            Lines for the record
          </h3>
          <ul className="flex flex-col gap-3">
            {trace.hints.map(({ text, recordLine }) => (
              <li key={`${text} ${recordLine}`} className="flex flex-col gap-1">
                <span className="max-w-[85ch] wrap-anywhere">{text}</span>
                {recordLine && (
                  <span className="flex flex-wrap items-center gap-2">
                    <code className="rounded-md bg-sunken px-2 py-1 font-mono text-meta wrap-anywhere">
                      {recordLine}
                    </code>
                    <CopyButton text={recordLine} label="Copy" />
                  </span>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      {trace.understood.length > 0 && (
        <section aria-labelledby="trace-understood">
          <h3 id="trace-understood" className="mb-2 font-medium">
            What the hub understood
          </h3>
          <Fields fields={trace.understood} />
          {trace.missing.length > 0 && (
            <p className="mt-2 wrap-anywhere text-soft">Missing: {trace.missing.join(', ')}</p>
          )}
        </section>
      )}
      <section aria-labelledby="trace-steps">
        <h3 id="trace-steps" className="mb-2 font-medium">
          Steps
        </h3>
        <Steps steps={trace.steps} />
      </section>
      <p className="text-meta text-soft">
        Only you see this trace, for an hour. The hub masks secrets before it stores the trace, and keeps their length.
      </p>
    </div>
  );
}
