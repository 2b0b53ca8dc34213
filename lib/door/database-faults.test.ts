import { describe, expect, test } from 'vitest';
import { failingDatabase, faults, passing } from '#tests/database-faults';
import { createRuntime, plainRecord } from '#tests/hub';
import { surfaces } from '#tests/surfaces';

const record = { ...plainRecord('http://127.0.0.1:9'), sign_in: true, code_challenge_methods_supported: ['S256'] };

describe.each(Object.entries(surfaces))('F-10 %s', (name, ask) => {
  test.each(passing)('over a database that says %s: 503 with Retry-After', async (_, make) => {
    const { status, retryAfter, text } = await ask(createRuntime(failingDatabase(make), [record]));
    expect(status).toBe(503);
    expect(Number(retryAfter)).toBeGreaterThanOrEqual(name === '/readyz' ? 0 : 1);
    expect(text).not.toContain('canary');
    if (name !== '/readyz') expect(text).toContain('The hub cannot answer at the moment. Try again in a moment.');
  });

  test.each(faults)('over a database that says %s: no promise that it passes', async (_, make) => {
    const { status, retryAfter, text } = await ask(createRuntime(failingDatabase(make), [record]));
    // A form's fault goes back to its page; a hub that cannot be asked is not ready, whatever the reason.
    expect(status).toBe(name === '/readyz' ? 503 : status === 303 ? 303 : 500);
    if (name !== '/readyz') expect(retryAfter).toBeNull();
    expect(text).not.toContain('canary');
  });
});
