import { Clock } from '#app/_ui/clock';
import type { FlowTrace, TraceStep } from '#lib/flow-trace/trace';

/** Requests and answers in their order, without a secret in them. */
export function Steps({ steps }: { steps: readonly TraceStep[] }) {
  return (
    <ol className="flex flex-col">
      {steps.map((step, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other name, and their order never changes
        <Step key={at} step={step} number={at + 1} />
      ))}
    </ol>
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
          <Clock at={new Date(step.at).toISOString()} seconds dated={number === 1} />
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

export function Fields({ fields }: { fields: FlowTrace['understood'] }) {
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
