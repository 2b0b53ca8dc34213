import type { ApiDocument, ApiOperation, ApiResponse } from '#lib/api/document-shape';
import { Fields, Type } from './fields.tsx';
import { Block, Prose } from './prose.tsx';
import { exampleOf, resolved } from './schema-text.ts';

const isError = (status: string) => Number(status) >= 400;
const headerNames = (response: ApiResponse) => Object.keys(response.headers ?? {});

/** What an operation answers when it did what it was asked: status, type, headers and an example. */
export function AnswerBody({ document, operation }: { document: ApiDocument; operation: ApiOperation }) {
  return Object.entries(operation.responses)
    .filter(([status]) => !isError(status))
    .map(([status, response]) => {
      const schema = response.content?.['application/json']?.schema;
      return (
        <div key={status} className="flex flex-col gap-2">
          <p>
            <code className="font-mono text-meta font-semibold">{status}</code> <Prose text={response.description} />{' '}
            {schema && (
              <>
                JSON, <Type schema={schema} />.
              </>
            )}
          </p>
          <p className="text-meta text-soft">
            Headers{' '}
            {headerNames(response).map((name, at) => (
              <span key={name}>
                {at > 0 && ', '}
                <a href={`#header-${name}`} className="font-mono underline underline-offset-4">
                  {name}
                </a>
              </span>
            ))}
          </p>
          {schema && (
            <details className="group">
              <summary className="link inline-block">Its fields</summary>
              <Fields schema={resolved(document, schema)} />
            </details>
          )}
          {schema && (
            <Block
              label={`Example of the answer ${status} to ${operation.operationId}`}
              text={JSON.stringify(exampleOf(document, schema), null, 2)}
            />
          )}
        </div>
      );
    });
}

/** The errors that an operation answers, each with its sentence in the list at the end of the page. */
export function ErrorAnswers({
  operationId,
  responses,
}: {
  operationId: string;
  responses: ApiOperation['responses'];
}) {
  const errors = Object.entries(responses).filter(([status]) => isError(status));
  return (
    <ul aria-label={`Errors of ${operationId}`} className="flex flex-col gap-1">
      {errors.map(([status, response]) => (
        <li key={status} className="flex flex-wrap items-baseline gap-x-3">
          <code className="font-mono text-meta font-semibold">{status}</code>
          {codesOf(response).map((code) => (
            <a key={code} href={`#error-${code}`} className="font-mono text-meta underline underline-offset-4">
              {code}
            </a>
          ))}
        </li>
      ))}
    </ul>
  );
}

function codesOf(response: ApiResponse): string[] {
  return Object.keys(response.content?.['application/problem+json']?.examples ?? {});
}

interface KnownError {
  code: string;
  status: string;
  sentence: string;
  advice: string;
}

/** Every error that some operation answers, once, by status. */
function allErrors(document: ApiDocument): KnownError[] {
  const known = new Map<string, KnownError>();
  for (const operation of Object.values(document.paths).flatMap((item) => Object.values(item))) {
    for (const [status, response] of Object.entries(operation.responses)) {
      for (const [code, example] of Object.entries(response.content?.['application/problem+json']?.examples ?? {})) {
        const { detail } = example.value as { detail: string };
        known.set(code, { code, status, sentence: detail, advice: example.description ?? '' });
      }
    }
  }
  return [...known.values()].sort((a, b) => a.status.localeCompare(b.status) || a.code.localeCompare(b.code));
}

/** The list of errors, with what to do about each. */
export function ErrorList({ document }: { document: ApiDocument }) {
  return (
    <dl>
      {allErrors(document).map(({ code, status, sentence, advice }) => (
        <div key={code} id={`error-${code}`} className="scroll-mt-4 border-t border-line py-3 first:border-t-0">
          <dt className="flex flex-wrap items-baseline gap-x-3">
            <code className="font-mono font-medium">{code}</code>
            <span className="font-mono text-meta text-soft">{status}</span>
          </dt>
          <dd className="mt-1">
            <p>{sentence}</p>
            <p className="text-soft">
              <Prose text={advice} />
            </p>
          </dd>
        </div>
      ))}
    </dl>
  );
}
