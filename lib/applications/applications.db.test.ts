import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { changeApplication } from '#lib/applications/change';
import { type CreateApplicationInput, createApplication } from '#lib/applications/create';
import { disableApplication, enableApplication } from '#lib/applications/disable';
import { getApplication } from '#lib/applications/get';
import { listApplicationChoices, listApplications } from '#lib/applications/list';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { sharedDatabase } from '#tests/database';
import { addFreshAdministrator, addPerson, asNobody, createRuntime, entries, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let admin: Context;
beforeEach(async () => {
  runtime = createRuntime(database.current, [
    plainRecord('http://127.0.0.1:9'),
    plainRecord('http://127.0.0.1:9', 'other'),
  ]);
  admin = await addFreshAdministrator(runtime);
});

const given: CreateApplicationInput = {
  name: 'Planner',
  contact: 'ops@planner.example',
  returnUrls: ['https://planner.example/connected'],
};
const issuesOf = (work: Promise<unknown>) =>
  work.then(
    () => 'taken',
    (error: { code?: string; issues?: { path: string }[] }) => [
      error.code,
      ...(error.issues ?? []).map(({ path }) => path),
    ],
  );

describe('registering', () => {
  test('keeps what was said, and the ledger what the application may do', async () => {
    const made = await createApplication(admin, {
      ...given,
      providers: ['acme', 'acme'],
      scopes: { acme: ['read', 'read'] },
    });
    expect(made).toMatchObject({
      name: 'Planner',
      returnUrls: given.returnUrls,
      providers: ['acme'],
      scopes: { acme: ['read'] },
      status: 'active',
      ...{ keys: 0, people: 0, connections: 0 },
    });
    expect(made.id).toMatch(/^app_[0-9a-z]{16}$/);
    expect(await getApplication(admin, { id: made.id })).toEqual(made);
    expect((await entries(runtime)).at(-1)).toMatchObject({
      action: 'application.created',
      details: {
        application: made.id,
        return_urls: given.returnUrls,
        providers: ['acme'],
        scopes: ['acme:read'],
        step_up: 'session_only',
      },
    });
    expect(JSON.stringify(await entries(runtime))).not.toMatch(/Planner|ops@/);
  });

  test.each<[string, Partial<CreateApplicationInput>, string]>([
    ['no return address', { returnUrls: [] }, 'returnUrls'],
    [
      'too many return addresses',
      { returnUrls: Array.from({ length: 21 }, (_, n) => `https://a.example/${n}`) },
      'returnUrls',
    ],
    ...(
      [
        ['plain http', 'http://planner.example/'],
        ['plain http of a private network', 'http://10.0.0.1/'],
        ['plain http of a name that ends as loopback', 'http://localhost.evil.example/'],
        ['plain http of another loopback', 'http://app.localhost/'],
        ['a scheme of its own', 'planner://connected'],
        ['a script', 'javascript:alert(1)//https://a.example'],
        ['data', 'data:text/html,hello'],
        ['a scheme of a phone’s app', 'com.example.planner:/connected'],
        ['a scheme of its own', 'planner://connected'],
        ['an intent of Android', 'intent://connected#Intent;scheme=https;end'],
        ['no scheme', '//planner.example/'],
        ['a fragment', 'https://planner.example/#x'],
        ['an empty fragment', 'https://planner.example/#'],
        ['credentials', 'https://planner.example:x@evil.example/'],
        ['a wildcard', 'https://*.planner.example/'],
        ['a code', 'https://planner.example/?a=1&code=2'],
        ['a session', 'https://planner.example/?session='],
        ['an error', 'https://planner.example/?%65rror=x'],
        ['dots that a browser takes away', 'https://planner.example/a/../b'],
        ['a backslash', 'https:\\\\planner.example/'],
        ['a tab within', 'https://planner.example/\ta'],
        ['capital letters in the host', 'https://Planner.example/'],
        ['a host of other letters', 'https://plänner.example/'],
        ['a default port', 'https://planner.example:443/'],
        ['no path', 'https://planner.example'],
        ['a zero byte', 'https://planner.example/\0'],
        ['more than 2,000 characters', `https://planner.example/${'a'.repeat(2_000)}`],
      ] as const
    ).map(([what, url]): [string, Partial<CreateApplicationInput>, string] => [
      `a return address with ${what}`,
      { returnUrls: ['https://planner.example/', url] },
      'returnUrls.1',
    ]),
    ['a provider that is not there', { providers: ['nowhere'] }, 'providers'],
    ['no provider', { providers: [] }, 'providers'],
    ['scopes of another provider', { providers: ['acme'], scopes: { other: ['read'] } }, 'scopes'],
    ['scopes of a provider that is not there', { scopes: { nowhere: ['read'] } }, 'scopes'],
    ['a scope with a space', { scopes: { acme: ['read write'] } }, 'scopes.acme.0'],
    ['a name that turns', { name: 'Pay\u202Elap' }, 'name'],
    ['a name with a character of no width', { name: 'Goo\u200Bgle' }, 'name'],
    ['a name of two lines', { name: 'Planner\nTrusted' }, 'name'],
    ['a name of blanks that look like nothing', { name: '\u3164' }, 'name'],
    ['an empty name', { name: ' ' }, 'name'],
    ['a name of marks alone', { name: '\u0301' }, 'name'],
    ['a contact that is neither', { contact: 'the ops team' }, 'contact'],
    ['a contact of plain http', { contact: 'http://planner.example/help' }, 'contact'],
    ['a contact that is a script', { contact: 'javascript:alert(1)' }, 'contact'],
    ['a contact with credentials', { contact: 'https://planner.example@evil.example/' }, 'contact'],
  ])('refuses %s', async (_, more, path) => {
    const found = await issuesOf(createApplication(admin, { ...given, ...more }));
    expect(found).toContain('invalid_request');
    expect(found).toContain(path);
  });

  test.each([
    'http://localhost:3000/back',
    'http://127.0.0.1:5000/',
    'http://[::1]:5000/a?b=c',
    'https://a.example/?state=1',
  ])('takes %s', async (url) => {
    expect(await createApplication(admin, { ...given, returnUrls: [url] })).toMatchObject({ returnUrls: [url] });
  });

  test('is for administrators who signed in lately', async () => {
    const person = await addPerson(runtime);
    for (const [ctx, code] of [
      [asNobody(runtime), 'unauthenticated'],
      [person.ctx('user'), 'forbidden'],
      [person.ctx('auditor'), 'forbidden'],
      [(await addPerson(runtime, { role: 'administrator' })).ctx(), 'step_up_required'],
    ] as const) {
      await expect(createApplication(ctx, given)).rejects.toMatchObject({ code });
      await expect(changeApplication(ctx, { id: 'app_1', name: 'x' })).rejects.toMatchObject({ code });
      await expect(disableApplication(ctx, { id: 'app_1', reason: 'x' })).rejects.toMatchObject({ code });
      await expect(enableApplication(ctx, { id: 'app_1', reason: 'x' })).rejects.toMatchObject({ code });
    }
    for (const ctx of [asNobody(runtime), person.ctx('user')]) {
      await expect(listApplications(ctx)).rejects.toMatchObject({ code: expect.stringMatching(/^(unauth|forb)/) });
      await expect(getApplication(ctx, { id: 'app_1' })).rejects.toMatchObject({
        code: expect.stringMatching(/^(unauth|forb)/),
      });
    }
  });

  test('is there for the operator', async () => {
    const made = await createApplication(systemContext(runtime, 'cli'), given);
    expect(made.createdBy).toBe('cli');
  });
});

describe('changing', () => {
  test('sets what is given, and tells which fields changed', async () => {
    const { id } = await createApplication(admin, given);
    const after = await changeApplication(admin, {
      id,
      name: 'Planner 2',
      contact: given.contact,
      returnUrls: ['https://planner.example/back'],
      scopes: { acme: ['write'] },
    });
    expect(after).toMatchObject({ name: 'Planner 2', contact: given.contact, scopes: { acme: ['write'] } });
    expect((await entries(runtime)).at(-1)).toMatchObject({
      action: 'application.changed',
      details: {
        application: id,
        changed: ['name', 'returnUrls', 'scopes'],
        return_urls: ['https://planner.example/back'],
        scopes: ['acme:write'],
      },
    });
  });

  test('the same again records nothing', async () => {
    const { id } = await createApplication(admin, given);
    const before = (await entries(runtime)).length;
    await changeApplication(admin, { id, ...given });
    await changeApplication(admin, { id });
    expect(await entries(runtime)).toHaveLength(before);
  });

  test('checks providers and scopes together, as they will be', async () => {
    const { id } = await createApplication(admin, { ...given, scopes: { other: ['read'] } });
    await expect(changeApplication(admin, { id, providers: ['acme'] })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await changeApplication(admin, { id, providers: ['acme'], scopes: {} });
    await expect(changeApplication(admin, { id, scopes: { other: ['read'] } })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  test('a provider that was taken out is no reason to refuse another name', async () => {
    const { id } = await createApplication(admin, given);
    await database.db
      .update(applications)
      .set({ providers: ['gone'] })
      .where(eq(applications.id, id));
    expect(await changeApplication(admin, { id, name: 'Renamed' })).toMatchObject({ name: 'Renamed' });
  });

  test('one that is not there is not found', async () => {
    await expect(changeApplication(admin, { id: 'app_0', name: 'x' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(changeApplication(admin, { id: 'app_\0', name: 'x' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(disableApplication(admin, { id: 'app_0', reason: 'x' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(getApplication(admin, { id: 'app_0' })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('disabling and enabling', () => {
  test('are recorded once, with their reason', async () => {
    const { id } = await createApplication(admin, given);
    expect(await disableApplication(admin, { id, reason: 'leak' })).toMatchObject({ status: 'disabled' });
    await disableApplication(admin, { id, reason: 'leak again' });
    expect(await enableApplication(admin, { id, reason: 'mended' })).toMatchObject({
      status: 'active',
      disabledAt: null,
    });
    await enableApplication(admin, { id, reason: 'mended' });
    expect((await entries(runtime)).slice(-2)).toMatchObject([
      { action: 'application.disabled', details: { application: id, reason: 'leak', step_up: 'session_only' } },
      { action: 'application.enabled', details: { application: id, reason: 'mended' } },
    ]);
  });
});

describe('the list', () => {
  test('goes in pages, both ways, with filters', async () => {
    await database.db.delete(applications);
    const ids: string[] = [];
    for (const name of ['One', 'Two', 'Three']) ids.push((await createApplication(admin, { ...given, name })).id);
    await disableApplication(admin, { id: ids[1] ?? '', reason: 'x' });
    const walk = async (sort: 'newest' | 'oldest') => {
      const seen: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await listApplications(admin, { sort, cursor, limit: 1 });
        seen.push(...page.items.map(({ id }) => id));
        if (!page.nextCursor) return seen;
        cursor = page.nextCursor;
      }
    };
    expect(await walk('oldest')).toEqual((await walk('newest')).toReversed());
    expect((await walk('newest')).toSorted()).toEqual(ids.toSorted());
    const named = async (input: Parameters<typeof listApplications>[1]) =>
      (await listApplications(admin, input)).items.map(({ name }) => name).toSorted();
    expect(await named({ status: 'active' })).toEqual(['One', 'Three']);
    expect(await named({ status: 'disabled' })).toEqual(['Two']);
    expect(await named({ query: 'HRE' })).toEqual(['Three']);
    expect(await named({ query: ids[0] })).toEqual(['One']);
    await expect(listApplications(admin, { cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_request' });
    expect((await listApplicationChoices(admin)).map(({ name }) => name).toSorted()).toEqual(['One', 'Three']);
    expect((await listApplicationChoices(admin, ids[1])).map(({ name }) => name).toSorted()).toEqual([
      'One',
      'Three',
      'Two',
    ]);
  });
});
