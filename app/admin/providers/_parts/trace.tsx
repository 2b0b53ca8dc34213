import { CopyButton } from '#app/_ui/copy-button';
import { Link } from '#app/_ui/link';
import { Moment } from '#app/_ui/moment';
import { Notice } from '#app/_ui/notice';
import type { FlowTrace, TraceStep } from '#lib/flow-trace/trace';
import { refusalSentence } from '#ui/flow-result';

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
        <ol className="flex flex-col">
          {trace.steps.map((step, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other name, and their order never changes
            <Step key={at} step={step} number={at + 1} />
          ))}
        </ol>
      </section>
      <p className="text-meta text-soft">
        Only you see this trace, for an hour. The hub masks secrets before it stores the trace, and keeps their length.
      </p>
    </div>
  );
}

const kinds: Record<TraceStep['kind'], string> = {
  authorization_request: 'The hub sent the browser to the provider',
  redirect: 'The provider sent the browser back',
  call: 'The hub called the provider',
};

function Step({ step, number }: { step: TraceStep; number: number }) {
  return (
    <li className="flex flex-col gap-2 border-t border-line py-3 first:border-t-0">
      <p>
        <span className="tabular text-soft">{number}.</span> <span className="font-medium">{kinds[step.kind]}</span>{' '}
        <span className="text-meta text-soft">
          <Moment at={new Date(step.at).toISOString()} />
        </span>
      </p>
      <code className="font-mono text-meta wrap-anywhere">
        {step.method} {step.url}
      </code>
      {step.authorization && <p className="text-meta wrap-anywhere text-soft">Authorization: {step.authorization}</p>}
      <Fields fields={step.sent} />
      {step.kind === 'call' && (
        <div className="flex flex-col gap-2 border-l-2 border-line pl-3">
          <p className="text-meta text-soft">
            Answer: {step.status} {step.contentType}
            {step.received === null && step.receivedLength !== null && `, ${step.receivedLength} characters, not read`}
          </p>
          {step.received && <Fields fields={step.received} />}
        </div>
      )}
    </li>
  );
}

function Fields({ fields }: { fields: FlowTrace['understood'] }) {
  if (fields.length === 0) return null;
  return (
    <dl className="grid gap-x-4 gap-y-1 text-meta sm:grid-cols-[fit-content(16rem)_1fr]">
      {fields.map(({ name, value, masked }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a name may come several times, and the order never changes
        <div key={at} className="contents">
          <dt className="font-mono wrap-anywhere text-soft">{name}</dt>
          <dd className={`mb-1 font-mono wrap-anywhere sm:mb-0 ${masked ? 'text-soft italic' : ''}`}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
