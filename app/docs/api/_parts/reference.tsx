import type { ApiDocument } from '#lib/api/document-shape';
import { ErrorList } from './answers.tsx';
import { Field, Fields } from './fields.tsx';
import { Operation } from './operation.tsx';
import { Prose } from './prose.tsx';
import { schemaAnchor } from './schema-text.ts';

interface ReferenceProps {
  document: ApiDocument;
  /** This hub's origin, for the examples. */
  origin: string;
}

/** Operations by tag; an operation with a tag that the document does not list comes at the end. */
function sectionsOf({ tags, paths }: ApiDocument) {
  const all = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  const named = tags.map((tag) => ({
    ...tag,
    operations: all.filter(({ operation }) => operation.tags[0] === tag.name),
  }));
  const rest = all.filter(({ operation }) => !tags.some(({ name }) => name === operation.tags[0]));
  const sections = rest.length > 0 ? [...named, { name: 'Others', description: '', operations: rest }] : named;
  return sections.map((section) => ({ ...section, id: `tag-${section.name.toLowerCase()}` }));
}

/** The whole reference, made of the document and of nothing else. */
export function Reference({ document, origin }: ReferenceProps) {
  const { schemas, headers, securitySchemes } = document.components;
  const sections = sectionsOf(document);
  return (
    <div className="grid gap-8 lg:grid-cols-[14rem_minmax(0,1fr)]">
      <nav
        aria-label="On this page"
        className="text-meta lg:sticky lg:top-6 lg:max-h-[calc(100dvh-3rem)] lg:self-start lg:overflow-y-auto"
      >
        <ul className="flex flex-col gap-4">
          <Entry href="#authentication" name="Authentication" />
          <Entry href="#headers" name="Headers of answers" />
          {sections.map(({ id, name, operations }) => (
            <Entry
              key={id}
              href={`#${id}`}
              name={name}
              under={operations.map(({ operation }) => [`#${operation.operationId}`, operation.summary])}
            />
          ))}
          <Entry
            href="#schemas"
            name="Schemas"
            under={Object.keys(schemas).map((name) => [`#${schemaAnchor(name)}`, name])}
          />
          <Entry href="#errors" name="Errors" />
        </ul>
      </nav>
      <div className="flex min-w-0 flex-col gap-10">
        <Section id="authentication" title="Authentication">
          <div className="card p-4 sm:p-6">
            {Object.entries(securitySchemes).map(([name, scheme]) => (
              <p key={name}>
                <Prose text={scheme.description} /> It is sent as{' '}
                <code className="font-mono text-meta wrap-anywhere">Authorization: Bearer {scheme.bearerFormat}</code>.
              </p>
            ))}
          </div>
        </Section>
        <Section id="headers" title="Headers of answers">
          <dl className="card px-4 sm:px-6">
            {Object.entries(headers).map(([name, { description, schema }]) => (
              <Field
                key={name}
                id={`header-${name}`}
                name={name}
                schema={schema}
                description={description}
                note="in answers"
              />
            ))}
          </dl>
        </Section>
        {sections.map(({ id, name, description, operations }) => (
          <Section key={id} id={id} title={name} about={description}>
            {operations.map((one) => (
              <Operation key={one.operation.operationId} document={document} origin={origin} {...one} />
            ))}
          </Section>
        ))}
        <Section id="schemas" title="Schemas">
          {Object.entries(schemas).map(([name, schema]) => (
            <article key={name} aria-labelledby={schemaAnchor(name)} className="card p-4 sm:p-6">
              <h3 id={schemaAnchor(name)} className="scroll-mt-4 font-mono font-semibold">
                {name}
              </h3>
              {schema.description && (
                <p className="mt-1">
                  <Prose text={schema.description} />
                </p>
              )}
              <Fields schema={schema} />
            </article>
          ))}
        </Section>
        <Section id="errors" title="Errors" about="Branch on the code; the sentences may change.">
          <div className="card px-4 sm:px-6">
            <ErrorList document={document} />
          </div>
        </Section>
      </div>
    </div>
  );
}

function Entry({ href, name, under = [] }: { href: string; name: string; under?: (readonly [string, string])[] }) {
  return (
    <li>
      <a href={href} className="font-medium hover:underline">
        {name}
      </a>
      {under.length > 0 && (
        <ul className="mt-1 flex flex-col gap-1 border-l border-line pl-3">
          {under.map(([to, text]) => (
            <li key={to}>
              <a href={to} className="text-soft hover:text-ink hover:underline">
                {text}
              </a>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

interface SectionProps {
  id: string;
  title: string;
  about?: string;
  children: React.ReactNode;
}

function Section({ id, title, about, children }: SectionProps) {
  return (
    <section aria-labelledby={id} className="flex flex-col gap-4">
      <div>
        <h2 id={id} className="scroll-mt-4 text-section font-semibold">
          {title}
        </h2>
        {about && <p className="text-soft">{about}</p>}
      </div>
      {children}
    </section>
  );
}
