import { CopyButton } from '#app/_ui/copy-button';
import type { ApiDocument, ApiOperation } from '#lib/api/document-shape';
import { AnswerBody, ErrorAnswers } from './answers.tsx';
import { curlExample } from './curl-example.ts';
import { Field, Fields } from './fields.tsx';
import { Block, Prose } from './prose.tsx';
import { referenced, resolved, schemaAnchor } from './schema-text.ts';

interface OperationProps {
  document: ApiDocument;
  operation: ApiOperation;
  method: string;
  path: string;
  origin: string;
}

/** One operation: what it takes, what it answers, how to call it. */
export function Operation({ document, operation, method, path, origin }: OperationProps) {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const scopes = operation.security.flatMap((one) => Object.values(one).flat());
  const body = requestBody?.content['application/json']?.schema;
  const call = { document, operation, method, path, origin };
  const bodyName = body && referenced(body);
  return (
    <article aria-labelledby={operationId} className="card p-4 sm:p-6">
      <h3 id={operationId} className="scroll-mt-4 text-section font-semibold">
        {summary}
      </h3>
      <p className="mt-1 flex flex-wrap items-baseline gap-2">
        <span className="rounded bg-accent-tint px-1.5 font-mono text-meta font-semibold text-accent uppercase">
          {method}
        </span>
        <code className="font-mono text-meta wrap-anywhere">{path}</code>
      </p>
      {description && (
        <p className="mt-3 max-w-[75ch]">
          <Prose text={description} />
        </p>
      )}
      <p className="mt-3 text-soft">
        {scopes.length > 0 ? (
          <>
            Needs an API key with the scope <code className="font-mono text-meta text-ink">{scopes.join(' ')}</code>.
          </>
        ) : (
          'Needs no API key.'
        )}{' '}
        Known to generated clients as <code className="font-mono text-meta text-ink">{operationId}</code>.
      </p>
      <Call label={`Call ${operationId}`} text={curlExample({ ...call, body: false })} />
      {body && !requestBody?.required && (
        <Call
          label={`Call ${operationId} with a body`}
          caption="The same with a body"
          text={curlExample({ ...call, body: true })}
        />
      )}
      {parameters.length > 0 && (
        <Part title="Parameters">
          <dl>
            {parameters.map((one) => (
              <Field
                key={`${one.in} ${one.name}`}
                name={one.name}
                schema={one.schema}
                description={one.description}
                note={`in the ${one.in}, ${one.required ? 'required' : 'optional'}`}
              />
            ))}
          </dl>
        </Part>
      )}
      {body && (
        <Part title="Body">
          <p>
            JSON,{' '}
            {bodyName && (
              <a href={`#${schemaAnchor(bodyName)}`} className="link">
                {bodyName}
              </a>
            )}
            , {requestBody?.required ? 'required' : 'optional'}.
          </p>
          <Fields schema={resolved(document, body)} />
        </Part>
      )}
      <Part title="Answers">
        <AnswerBody document={document} operation={operation} />
      </Part>
      <Part title="Errors">
        <ErrorAnswers operationId={operationId} responses={responses} />
      </Part>
    </article>
  );
}

function Call({ label, text, caption }: { label: string; text: string; caption?: string }) {
  return (
    <div className="mt-4 flex flex-col gap-2">
      {caption && <p className="text-soft">{caption}</p>}
      <Block label={label} text={text} />
      <div>
        <CopyButton text={text} label="Copy" />
      </div>
    </div>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div className="mt-6">
      <h4 className="mb-1 font-semibold">{title}</h4>
      {children}
    </div>
  );
}
