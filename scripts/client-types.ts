import { describeApi } from '#lib/api/describe';
import type { ApiOperation, ApiSchema } from '#lib/api/document-shape';

/** The path that every operation of the document begins with; the client adds it itself. */
const prefix = '/api/v1';

const head = `// Made from the OpenAPI document of the hub by \`node scripts/write-client-types.ts\`. Do not edit it.`;

function comment(text: string | undefined, indent: string): string {
  return text ? `${indent}/** ${text.replaceAll('*/', '*\\/')} */\n` : '';
}

const union = (types: readonly string[]): string => [...new Set(types)].join(' | ');
const nameOf = (name: string): string => (/^[a-z_]\w*$/i.test(name) ? name : JSON.stringify(name));

/** The TypeScript type of one JSON type. */
function typeOfOne(type: string | undefined, schema: ApiSchema, indent: string): string {
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return `Array<${typeOf(schema.items ?? {}, indent)}>`;
    case 'object':
      return objectType(schema, indent);
    case undefined:
      return 'unknown';
    default:
      throw new Error(`The type ${type} has no translation.`);
  }
}

/** @throws Error for a schema that has no translation, so that no part is left out without a word */
function typeOf(schema: ApiSchema, indent: string): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? '';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return union(schema.enum.map((value) => JSON.stringify(value)));
  if (schema.allOf) return schema.allOf.map((part) => typeOf(part, indent)).join(' & ');
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) return union(choice.map((part) => typeOf(part, indent)));
  return union([schema.type].flat().map((type) => typeOfOne(type, schema, indent)));
}

function objectType({ properties = {}, required = [], additionalProperties }: ApiSchema, indent: string): string {
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(
    ([name, schema]) =>
      `${comment(schema.description, inner)}${inner}${nameOf(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema, inner)};\n`,
  );
  if (additionalProperties) {
    // Beside named members an index must allow their types too.
    const named = typeof additionalProperties === 'object' ? typeOf(additionalProperties, inner) : 'unknown';
    members.push(`${inner}[name: string]: ${members.length > 0 ? 'unknown' : named};\n`);
  }
  return members.length > 0 ? `{\n${members.join('')}${indent}}` : 'Record<string, never>';
}

/** What an operation takes: its parameters by place, and its body. */
function inputOf({ parameters = [], requestBody }: ApiOperation): string {
  const parts = (['path', 'query'] as const).flatMap((place) => {
    const own = parameters.filter((parameter) => parameter.in === place);
    if (own.length === 0) return [];
    const required = own.filter((parameter) => parameter.required).map(({ name }) => name);
    const properties = Object.fromEntries(
      own.map(({ name, schema, description }) => [name, { ...schema, ...(description ? { description } : {}) }]),
    );
    return `${place}${required.length > 0 ? '' : '?'}: ${objectType({ properties, required }, '    ')};`;
  });
  const body = requestBody?.content['application/json']?.schema;
  if (body) parts.push(`body${requestBody?.required ? '' : '?'}: ${typeOf(body, '    ')};`);
  return parts.length > 0 ? `{ ${parts.join(' ')} }` : 'Record<never, never>';
}

/** What it answers where it succeeds. */
function answerOf({ responses }: ApiOperation): string {
  const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const schemas = answers.map(([, { content }]) => content?.['application/json']?.schema);
  return union(schemas.map((schema) => (schema ? typeOf(schema, '    ') : 'undefined')));
}

/** `sdk/src/api.ts`: types, operations and error codes as the OpenAPI document has them. */
export function clientTypes(): string {
  const { paths, components } = describeApi();
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path: path.slice(prefix.length), method, operation })),
  );
  const schemas = Object.entries(components.schemas).map(([name, schema]) => {
    const type = typeOf(schema, '');
    const declared =
      type.startsWith('{\n') && !type.includes('\n} ') ? `interface ${name} ${type}` : `type ${name} = ${type};`;
    return `${comment(schema.description, '')}export ${declared}\n`;
  });
  const types = operations.map(
    ({ operation }) =>
      `${comment(operation.summary, '  ')}  ${operation.operationId}: {\n    input: ${inputOf(operation)};\n    answer: ${answerOf(operation)};\n  };\n`,
  );
  const places = operations.map(
    ({ path, method, operation }) =>
      `  ${operation.operationId}: { method: '${method.toUpperCase()}', path: '${path}' },\n`,
  );
  const codes = operations.flatMap(({ operation }) =>
    Object.values(operation.responses).flatMap(({ content }) =>
      Object.keys(content?.['application/problem+json']?.examples ?? {}),
    ),
  );
  const code = [...new Set(codes)].sort().map((one) => `  | '${one}'`);
  return `${[
    head,
    `/** A stable code of a refusal, as the hub answers it. */\nexport type ErrorCode =\n${code.join('\n')};`,
    ...schemas.map((text) => text.trimEnd()),
    `/** What each operation takes and answers. */\nexport interface Operations {\n${types.join('')}}`,
    `/** Where each operation is, below \`${prefix}\`. */\nexport const operations = {\n${places.join('')}} as const;`,
  ].join('\n\n')}\n`;
}
