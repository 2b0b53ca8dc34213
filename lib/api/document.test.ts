import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import { describeApi } from '#lib/api/describe';
import type { Context } from '#lib/context';
import { type Problem, problemResponse, toProblem } from '#lib/door/problem';
import { endingSteps, errorAdvice } from '#lib/error-advice';
import { AppError, type ErrorCode, errorCodes } from '#lib/errors';
import { providerErrorAdvice, providerErrorRows } from '#lib/provider-error-advice';
import { knownProviderErrors } from '#lib/provider-errors';

const config = { appUrl: new URL('https://hub.example.com') };
const api = createApi(async () => ({ requestId: 'req_test', config }) as Context);

const about =
  'Stable codes, in the `code` of every problem+json answer, in the ledger and in the `flow` parameter that a flow returns with. Branch on these; the sentences may change.';

const aboutAdvice =
  'For the administrator who is asked. The page of a request says the same: search for the reference that the person was shown.';
const adviceHead = '| Code | It ends where | Likely causes | What to do |';

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
  servers: unknown;
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
    'delete /api/v1/connect-sessions/{id}',
    'delete /api/v1/connections/{id}',
    'delete /api/v1/webhooks/{id}',
    'get /api/v1/applications',
    'get /api/v1/applications/{id}',
    'get /api/v1/connect-sessions/{id}',
    'get /api/v1/connections',
    'get /api/v1/connections/{id}',
    'get /api/v1/events',
    'get /api/v1/webhooks',
    'patch /api/v1/applications/{id}',
    'patch /api/v1/webhooks/{id}',
    'post /api/v1/applications',
    'post /api/v1/applications/{id}/disable',
    'post /api/v1/connect-sessions',
    'post /api/v1/connect-sessions/{id}/complete',
    'post /api/v1/connections/{id}/token',
    'post /api/v1/webhooks',
    'post /api/v1/webhooks/{id}/secret',
    'post /api/v1/webhooks/{id}/test',
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
      {
        apiKey: [
          expect.stringMatching(/^(tokens:vend|connections:(create|read|revoke)|(webhooks|applications):manage)$/),
        ],
      },
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

/** Every object of the document. */
function* objectsOf(node: unknown): Generator<Record<string, unknown>> {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) yield node as Record<string, unknown>;
  for (const part of Object.values(node)) yield* objectsOf(part);
}

test('I-05 each pattern is one of ECMA-262 alone (JSON Schema 2020-12 §6.3.3), and its example fits', async () => {
  const patterned = [...objectsOf((await read()).document)].filter(({ pattern }) => typeof pattern === 'string');
  expect(patterned.length).toBeGreaterThan(1);
  for (const { pattern, example } of patterned) {
    expect(pattern).not.toMatch(/\$\/[a-z]*$/);
    for (const flags of typeof example === 'string' ? ['', 'u'] : [])
      expect(example).toMatch(new RegExp(String(pattern), flags));
  }
});

test('the page is made of the same document', async () => {
  const { servers, ...document } = (await read()).document;
  expect(describeApi()).toEqual(document);
  expect(servers).toEqual([{ url: 'https://hub.example.com', description: 'This hub' }]);
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
  const advised = Object.entries(errorAdvice).map(
    ([code, { step, causes, next }]) => `| \`${code}\` | ${endingSteps[step]} | ${causes} | ${next} |`,
  );
  const advice = ['', '## What to do', '', aboutAdvice, '', adviceHead, '|---|---|---|---|', ...advised, ''].join('\n');
  // What providers say follows, written by hand but for the table of their codes.
  const [, ofProviders = ''] = readFileSync('docs/errors.md', 'utf8').split(/(?=\n## What providers say)/);
  const [before = '', after = ''] = ofProviders.split(
    /(?<=\| Code \| Cause \| What mends it \|\n\|---\|---\|---\|\n)[\s\S]*?(?=\n### )/,
  );
  const codes = providerErrorRows.map(
    ({ codes: same, causes, next }) => `| ${same.map((code) => `\`${code}\``).join(', ')} | ${causes} | ${next} |\n`,
  );
  await expect(list + advice + before + codes.join('') + after).toMatchFileSnapshot('../../docs/errors.md');
});

test('P-14 each code of a provider that has words has a row with cause and mend', () => {
  expect(knownProviderErrors.filter((code) => providerErrorAdvice(code) === null)).toEqual([]);
});

test('every status of an error has its name', () => {
  const unnamed = Object.keys(errorCodes).filter(
    (code) => toProblem(new AppError(code as ErrorCode), 'req_x').title === 'Error',
  );
  expect(unnamed).toEqual([]);
});

test('the connection in docs/api.md has every field of the document', async () => {
  const [, answer = '{}'] =
    /```json\n(\{\n {2}"connections": [\s\S]*?)```/.exec(readFileSync('docs/api.md', 'utf8')) ?? [];
  const { connections = [] } = JSON.parse(answer) as { connections?: object[] };
  const { properties } = (await read()).document.components.schemas.Connection as { properties: object };
  expect(Object.keys(connections[0] ?? {})).toEqual(Object.keys(properties));
});
