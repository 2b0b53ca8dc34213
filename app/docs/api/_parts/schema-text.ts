import type { ApiDocument, ApiSchema } from '#lib/api/document-shape';

/** The name of the schema that a reference leads to. */
export function referenced({ $ref }: ApiSchema): string | null {
  return $ref?.replace('#/components/schemas/', '') ?? null;
}

/** The schema itself, where this is a reference to one. */
export function resolved(document: ApiDocument, schema: ApiSchema): ApiSchema {
  return document.components.schemas[referenced(schema) ?? ''] ?? schema;
}

/** The address of a schema on the page. */
export const schemaAnchor = (name: string) => `schema-${name}`;

/** A piece of a type in words; one with `schema` is a link to it. */
export interface TypePiece {
  text: string;
  schema?: string;
}

const single: Record<string, string> = { null: 'null', string: 'text', integer: 'whole number', number: 'number' };

function joined(all: TypePiece[][]): TypePiece[] {
  return all.flatMap((pieces, at) => (at === 0 ? pieces : [{ text: ' or ' }, ...pieces]));
}

function ofType(type: string, schema: ApiSchema): TypePiece[] {
  if (type === 'array') return [{ text: 'list of ' }, ...typeOf(schema.items ?? {})];
  if (type === 'object' && !schema.properties && typeof schema.additionalProperties === 'object')
    return [{ text: 'names with values: ' }, ...typeOf(schema.additionalProperties)];
  if (type === 'string' && schema.format === 'date-time') return [{ text: 'time' }];
  if (type === 'string' && schema.format) return [{ text: `text (${schema.format})` }];
  return [{ text: single[type] ?? type }];
}

/** A schema's type in words, such as “list of Connection” or “time or null”. */
export function typeOf(schema: ApiSchema): TypePiece[] {
  const name = referenced(schema);
  if (name) return [{ text: name, schema: name }];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return joined(choices.map(typeOf));
  if (schema.allOf)
    return schema.allOf.flatMap((one, at) => (at === 0 ? typeOf(one) : [{ text: ' and ' }, ...typeOf(one)]));
  if (schema.const !== undefined) return [{ text: JSON.stringify(schema.const) }];
  const types = schema.type === undefined ? [] : [schema.type].flat();
  return types.length === 0 ? [{ text: 'anything' }] : joined(types.map((type) => ofType(type, schema)));
}

/** What else is said of the values: limits, a pattern, the values there are. */
export function limitsOf(schema: ApiSchema): string[] {
  const { minimum, maximum, pattern, enum: values, default: otherwise } = schema;
  const said: string[] = [];
  if (values)
    said.push(`${values.length === 1 ? 'Always' : 'One of'} ${values.map((one) => `\`${one}\``).join(', ')}.`);
  if (minimum !== undefined && maximum !== undefined) said.push(`${minimum} to ${maximum}.`);
  else if (minimum !== undefined) said.push(`At least ${minimum}.`);
  else if (maximum !== undefined) said.push(`At most ${maximum}.`);
  if (otherwise !== undefined) said.push(`\`${JSON.stringify(otherwise)}\` unless given.`);
  if (pattern) said.push(`Matches \`${pattern}\`.`);
  return said;
}

/** Schemas with fields that belong under this one: of itself, of a list's entries, of one of several. */
export function withFields(schema: ApiSchema): ApiSchema[] {
  if (schema.$ref) return [];
  const inside = [...(schema.items ? [schema.items] : []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return [...(schema.properties ? [schema] : []), ...inside.flatMap(withFields)];
}

/** What may stand beside the named fields, as a sentence; null where nothing is said. */
export function othersOf({ additionalProperties: others, properties }: ApiSchema): string | null {
  if (others === undefined || !properties) return null;
  return others === false ? 'No other fields are taken.' : 'Further fields may stand beside these.';
}

/** A value that fits the schema, from the examples that it and its parts carry. */
export function exampleOf(document: ApiDocument, schema: ApiSchema, depth = 0): unknown {
  if (depth > 8) return null;
  if (schema.$ref) return exampleOf(document, resolved(document, schema), depth + 1);
  if (schema.example !== undefined) return schema.example;
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0];
  if (choice) return exampleOf(document, choice, depth + 1);
  const types = schema.type === undefined ? [] : [schema.type].flat();
  // What may be null and has no example of its own is most often null.
  if (types.includes('null')) return null;
  if (schema.properties)
    return Object.fromEntries(
      Object.entries(schema.properties).map(([field, inner]) => [field, exampleOf(document, inner, depth + 1)]),
    );
  if (types.includes('array')) {
    const entry = exampleOf(document, schema.items ?? {}, depth + 1);
    return entry === '…' ? [] : [entry];
  }
  const plain: Record<string, unknown> = { object: {}, boolean: true, integer: 1, number: 1, string: '…' };
  return plain[types[0] ?? ''] ?? null;
}
