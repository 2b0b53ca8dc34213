import { expect, test } from 'vitest';
import { checksText } from '#lib/cli/check-command';

test('names of protocols keep their letters, and failures come last', () => {
  const line = (check: string, result: string) => ({
    check,
    provider: 'acme',
    result,
    looked_at: 'here',
    found: 'That.',
  });
  const text = checksText([line('https_endpoints', 'fails'), line('pkce', 'passes')]);
  expect(text).toContain(
    'passes    acme, PKCE in the authorization request: Authorization requests use PKCE with S256',
  );
  expect(text.indexOf('FAILS     acme, HTTPS at the provider: HTTPS at every OAuth endpoint')).toBeGreaterThan(
    text.indexOf('passes'),
  );
  expect(text.trimEnd()).toMatch(/1 pass, 1 fail, 0 cannot be known, 0 are not ours to promise\.$/);
});
