import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import { describeApi } from '#lib/api/describe';
import type { Context } from '#lib/context';
import { type Problem, problemResponse } from '#lib/door/problem';
import { AppError, type ErrorCode, errorCodes } from '#lib/errors';
import { knownProviderErrors } from '#lib/provider-errors';

const api = createApi(async () => ({ requestId: 'req_test' }) as Context);

const about =
  'Stable codes, in the `code` of every problem+json answer, in the ledger and in the `flow` parameter that a flow returns with. Branch on these; the sentences may change.';

interface Operation {
  operationId: string;
  security: Record<string, string[]>[];
  responses: Record<
    string,
    {
      description: string;
      headers?: Record<string, unknown>;
      content?: Record<string, { examples?: Record<string, { value: Problem; description?: string }> }>;
    }
  >;
}
interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}

async function read(): Promise<{ document: Document; text: string }> {
  const answer = await api.request('/api/v1/openapi.json');
  const text = await answer.text();
  return { document: JSON.parse(text) as Document, text };
}

test('the document is OpenAPI 3.1 and names every route', async () => {
  const { document } = await read();
  expect(document.openapi).toBe('3.1.0');
  expect(
    Object.entries(document.paths)
      .flatMap(([path, item]) => Object.keys(item).map((method) => `${method} ${path}`))
      .sort(),
  ).toEqual([
    'delete /api/v1/connections/{id}',
    'get /api/v1/connections',
    'get /api/v1/connections/{id}',
    'post /api/v1/connections/{id}/token',
  ]);
});

test('every reference in it leads somewhere', async () => {
  const { document, text } = await read();
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name ?? '');
  expect(references.length).toBeGreaterThan(3);
  for (const name of references) expect(document.components.schemas).toHaveProperty([name]);
});

test('every operation asks for an API key and shows each of its errors by a true example', async () => {
  const { document } = await read();
  for (const operation of Object.values(document.paths).flatMap((item) => Object.values(item))) {
    expect(operation.security).toEqual([
      { apiKey: [expect.stringMatching(/^(tokens:vend|connections:(read|revoke))$/)] },
    ]);
    expect(document.components.securitySchemes).toHaveProperty('apiKey');
    for (const [status, response] of Object.entries(operation.responses)) {
      if (Number(status) < 400) continue;
      const examples = Object.entries(response.content?.['application/problem+json']?.examples ?? {});
      expect(examples.length).toBeGreaterThan(0);
      for (const [code, { value, description }] of examples) {
        expect(description).toBeTruthy();
        expect(value.status).toBe(Number(status));
        expect(value).toEqual(await problemResponse(new AppError(code as ErrorCode), value.request_id).json());
      }
      if (status === '503') expect(response.headers).toHaveProperty('Retry-After');
      expect(response.headers).toHaveProperty('X-Request-Id');
    }
  }
});

test('the page is made of the same document', async () => {
  expect(describeApi()).toEqual((await read()).document);
});

test('the guide tells of each route', async () => {
  const guide = readFileSync('docs/api.md', 'utf8');
  const { document } = await read();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of Object.keys(item)) expect(guide).toContain(`${method.toUpperCase()} ${path}`);
  }
});

test('the list of errors says what the code says (npx vitest -u writes it)', async () => {
  const rows = Object.entries(errorCodes).map(([code, [status, text]]) => `| \`${code}\` | ${status} | ${text} |`);
  const list = ['# Error codes', '', about, '', '| Code | Status | Sentence |', '|---|---|---|', ...rows, ''].join(
    '\n',
  );
  // What providers say follows, written by hand.
  const [, ofProviders = ''] = readFileSync('docs/errors.md', 'utf8').split(/(?=\n## What providers say)/);
  await expect(list + ofProviders).toMatchFileSnapshot('../../docs/errors.md');
});

test('P-14 each code of a provider that has words has a row with cause and mend', () => {
  const [, page = ''] = readFileSync('docs/errors.md', 'utf8').split('## What providers say');
  const rows = page
    .split('\n')
    .map((line) => line.split(' | '))
    .filter((cells) => cells.length === 3);
  for (const code of knownProviderErrors) {
    const row = rows.find(([codes]) => codes?.includes(`\`${code}\``));
    expect(
      row?.every((cell) => cell.length > 3),
      code,
    ).toBe(true);
  }
});
