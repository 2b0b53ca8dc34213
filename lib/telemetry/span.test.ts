import { afterEach, describe, expect, test } from 'vitest';
import { forget, once } from '#lib/process-parts';
import { nameRoutes, routeOf } from '#lib/telemetry/route-of';
import { isTracing, operationOf, traced, tracingPart } from '#lib/telemetry/span';
import { startTelemetry } from '#lib/telemetry/start-telemetry';
import { createRuntime } from '#tests/hub';

afterEach(() => {
  forget(tracingPart);
  forget('route-words');
});

describe('a span', () => {
  test('is no work where the operator named no endpoint: neither its attributes are made nor the SDK loaded', async () => {
    const log = createRuntime({} as never, []).log;
    await startTelemetry({ telemetry: undefined }, log);
    expect(isTracing()).toBe(false);
    const attributes = () => {
      throw new Error('made for nothing');
    };
    await expect(traced('refresh', attributes, async () => 'done')).resolves.toBe('done');
  });

  test('hands its work’s result and its fault on', async () => {
    once(tracingPart, () => ({
      run: (_name: string, _given: object, work: (set: () => void) => Promise<unknown>) => work(() => {}),
    }));
    await expect(
      traced(
        'refresh',
        () => ({}),
        async () => 'done',
      ),
    ).resolves.toBe('done');
    await expect(
      traced(
        'refresh',
        () => ({}),
        () => Promise.reject(new Error('no')),
      ),
    ).rejects.toThrow('no');
  });
});

test.each([
  ['/api/v1/connections/con_abc123/token', '/api/v1/connections/{}/token'],
  ['/oauth/callback/google', '/oauth/callback/{}'],
  ['/', '/'],
  ['/hunter2', '/{}'],
  ['/admin/%2e%2e/hunter2', '/admin/{}/{}'],
  ['/a/b/c/d/e/f/g/h/i/j', '/{}/{}/{}/{}/{}/{}/{}'],
])('the route of %s is %s', (path, route) => {
  nameRoutes(['/api/v1/connections/:id/token', '/oauth/callback/[provider]', '/admin/people/[id]', '/(account)/x']);
  expect(routeOf(path)).toBe(route);
});

test.each([
  ['select * from people where email = $1', 'SELECT'],
  ['  WITH a as (select 1) insert', 'WITH'],
  ['commit', 'COMMIT'],
  ['selectsecret', 'OTHER'],
  [undefined, 'OTHER'],
])('the operation of %s is %s', (statement, operation) => {
  expect(operationOf(statement)).toBe(operation);
});
