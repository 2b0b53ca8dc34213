import type { ApiDocument, ApiOperation } from '#lib/api/document-shape';
import { exampleOf } from './schema-text.ts';

/** A text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

interface CurlInput {
  document: ApiDocument;
  operation: ApiOperation;
  method: string;
  path: string;
  /** This hub's origin. */
  origin: string;
  /** With an example of the body, also where the operation can do without. */
  body: boolean;
}

/** The call of an operation on the command line, made of the document's examples; the key comes from the shell. */
export function curlExample({ document, operation, method, path, origin, body }: CurlInput): string {
  const exampleFor = (name: string) =>
    operation.parameters?.find((one) => one.in === 'path' && one.name === name)?.schema.example;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(exampleFor(name) ?? name)));
  const query = new URLSearchParams(
    (operation.parameters ?? [])
      .filter((one) => one.in === 'query' && one.required)
      .map((one) => [one.name, String(exampleOf(document, one.schema))]),
  );
  const address = `${origin}${filled}${query.size > 0 ? `?${query}` : ''}`;
  const parts = ['curl -sS', '-H "Authorization: Bearer $GRANTKEEP_API_KEY"'];
  if (method !== 'get') parts.splice(1, 0, `-X ${method.toUpperCase()}`);
  const schema = operation.requestBody?.content['application/json']?.schema;
  if (schema && (body || operation.requestBody?.required)) {
    parts.push(`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(exampleOf(document, schema)))}`);
  }
  return [...parts, quoted(address)].join(' \\\n  ');
}
