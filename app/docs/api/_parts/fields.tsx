import type { ApiSchema } from '#lib/api/document-shape';
import { Prose } from './prose.tsx';
import { limitsOf, othersOf, schemaAnchor, typeOf, withFields } from './schema-text.ts';

/** A schema's type in words, its schemas as links. */
export function Type({ schema }: { schema: ApiSchema }) {
  return typeOf(schema).map(({ text, schema: name }) =>
    name ? (
      <a key={name} href={`#${schemaAnchor(name)}`} className="link">
        {text}
      </a>
    ) : (
      text
    ),
  );
}

interface FieldProps {
  name: string;
  schema: ApiSchema;
  /** Also its place, for parameters. */
  note: string;
  description?: string | undefined;
  /** Where links to it lead. */
  id?: string;
}

/** One field or parameter: name, type, whether it must be there, and its description. */
export function Field({ name, schema, note, description = schema.description, id }: FieldProps) {
  const { example } = schema;
  return (
    <div id={id} className="scroll-mt-4 border-t border-line py-3 first:border-t-0">
      <dt className="flex flex-wrap items-baseline gap-x-3">
        <code className="font-mono font-medium wrap-anywhere">{name}</code>
        <span className="text-meta text-soft">
          <Type schema={schema} />, {note}
        </span>
      </dt>
      <dd className="mt-1 flex flex-col gap-1">
        {description && (
          <p>
            <Prose text={description} />
          </p>
        )}
        {limitsOf(schema).map((limit) => (
          <p key={limit}>
            <Prose text={limit} />
          </p>
        ))}
        {example !== undefined && (
          <p className="text-meta text-soft">
            Example{' '}
            <code className="font-mono wrap-anywhere text-ink">
              {typeof example === 'string' ? example : JSON.stringify(example)}
            </code>
          </p>
        )}
        {withFields(schema).map((inner) => (
          <div key={Object.keys(inner.properties ?? {}).join()} className="mt-1 border-l-2 border-line pl-4">
            <Fields schema={inner} />
          </div>
        ))}
      </dd>
    </div>
  );
}

/** The fields of a schema, each with its own. */
export function Fields({ schema }: { schema: ApiSchema }) {
  const others = othersOf(schema);
  return (
    <>
      <dl>
        {Object.entries(schema.properties ?? {}).map(([name, field]) => (
          <Field
            key={name}
            name={name}
            schema={field}
            note={schema.required?.includes(name) ? 'always there' : 'optional'}
          />
        ))}
      </dl>
      {others && <p className="border-t border-line py-3 text-soft">{others}</p>}
    </>
  );
}
