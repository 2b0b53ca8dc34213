import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeApi } from '#lib/api/describe';
import { clientTypes } from '#scripts/client-types';

test('sdk/src/api.ts is what the OpenAPI document says (node scripts/write-client-types.ts writes it anew)', () => {
  expect(readFileSync(new URL('../sdk/src/api.ts', import.meta.url), 'utf8')).toBe(clientTypes());
});

test('it has every schema and every operation of the document', () => {
  const { paths, components } = describeApi();
  const made = clientTypes();
  for (const name of Object.keys(components.schemas))
    expect(made).toMatch(new RegExp(`export (?:interface|type) ${name} `));
  for (const { operationId } of Object.values(paths).flatMap((item) => Object.values(item)))
    expect(made.split(`  ${operationId}: {`)).toHaveLength(3);
});
