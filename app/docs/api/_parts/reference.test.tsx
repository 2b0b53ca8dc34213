import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { describeApi } from '#lib/api/describe';
import type { ApiDocument, ApiOperation } from '#lib/api/document-shape';
import { Reference } from './reference.tsx';

const origin = 'https://hub.test';
const render = (document: ApiDocument) => renderToStaticMarkup(<Reference document={document} origin={origin} />);
const ids = (html: string) => [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);

test('every operation, schema, header and error of the document has its place on the page, and each place one name', () => {
  const document = describeApi();
  const found = ids(render(document));
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
  const codes = operations.flatMap(({ responses }) =>
    Object.values(responses).flatMap(({ content }) =>
      Object.keys(content?.['application/problem+json']?.examples ?? {}),
    ),
  );
  const expected = [
    ...operations.map(({ operationId }) => operationId),
    ...Object.keys(document.components.schemas).map((name) => `schema-${name}`),
    ...Object.keys(document.components.headers).map((name) => `header-${name}`),
    ...new Set(codes.map((code) => `error-${code}`)),
  ];
  expect(expected.length).toBeGreaterThan(20);
  expect(found).toEqual(expect.arrayContaining(expected));
  expect(new Set(found).size).toBe(found.length);
});

test('every link within the page leads somewhere', () => {
  const html = render(describeApi());
  const targets = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
  expect(targets.length).toBeGreaterThan(30);
  expect(targets.filter((target) => !ids(html).includes(target))).toEqual([]);
});

test('every field of every schema and every parameter is named, with its description', () => {
  const document = describeApi();
  const text = render(document)
    .replace(/<[^>]+>/g, '')
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'");
  const said = Object.values(document.components.schemas).flatMap(({ properties }) =>
    Object.entries(properties ?? {}).flatMap(([name, { description }]) => [name, description ?? name]),
  );
  const parameters = Object.values(document.paths)
    .flatMap((item) => Object.values(item))
    .flatMap((operation) => operation.parameters ?? [])
    .flatMap(({ name, description }) => [name, description ?? name]);
  for (const one of [...said, ...parameters]) expect(text).toContain(one.replaceAll('`', ''));
});

test('an operation that is added to the document is on the page, under any tag', () => {
  const document = structuredClone(describeApi());
  const added: ApiOperation = {
    operationId: 'weighToken',
    summary: 'Weigh a token',
    tags: ['Scales'],
    security: [],
    responses: { 200: { description: 'Its weight.' } },
  };
  document.paths['/api/v1/scales/{id}'] = { put: added };
  const html = render(document);
  expect(ids(html)).toContain('weighToken');
  expect(html).toContain('Weigh a token');
  expect(html).toContain('href="#weighToken"');
  expect(html).toContain('Needs no API key.');
});
