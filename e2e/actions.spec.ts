import type { Page } from '@playwright/test';
import { sql } from 'drizzle-orm';
import { actionRules } from './action-rules.ts';
import { databaseState } from './database-state.ts';
import { expect, test } from './governed.ts';
import { builtActions, callAction, writtenActions } from './server-actions.ts';
import { makeAuditor, makeKey, signInAs, someone, stepUpAs } from './steps.ts';
import { leaveNothing, makeWorld, pathWithin } from './world.ts';

test.afterAll(({ second }) => leaveNothing(second));

test('every server action has a rule, every rule an action, and none is hidden or unused', () => {
  const built = builtActions().map(({ name }) => name);
  expect(built.toSorted()).toEqual(Object.keys(actionRules).toSorted());
  expect(writtenActions().toSorted()).toEqual(built.toSorted());
});

test('whoever calls a server action by its id gets what their role allows, and otherwise changes nothing', async ({
  newPage,
  app,
  second,
  hook,
}) => {
  const [nobody, user, auditor, administrator, owner, person] = [
    await newPage(),
    await newPage(),
    await newPage(),
    await newPage(),
    await newPage(),
    await newPage(),
  ];
  await signInAs(user, app, someone());
  await signInAs(person, app, someone());
  const ownersName = someone('Owner');
  await signInAs(owner, app, ownersName);
  await signInAs(administrator, app, 'admin@example.com');
  await makeAuditor(administrator, auditor, app);
  const world = await makeWorld(second, app, { person, owner }, hook);
  const longAgo = await newPage();
  await signInAs(longAgo, app, 'admin@example.com');
  // Elsewhere a sign-in of the last minutes is not the missing part.
  await stepUpAs(administrator, app, 'admin@example.com');
  const key = await makeKey(app, 'connections:read', 'tokens:vend', 'connections:revoke');
  // What begins by itself has begun: the alerts about how the hub is set up, and the seals.
  await second.until(sql`select from alert_progress where checked_at <> '{}'`);

  const actions = builtActions();
  for (const action of actions) {
    const rule = actionRules[action.name];
    if (!rule) continue;
    const path = pathWithin(world, action.page);
    const fields = rule.form(world);
    const call = (page: Page, more: { origin?: string | null; headers?: Record<string, string>; path?: string } = {}) =>
      callAction(page, action, { path, origin: app.url, fields, ...more });
    const before = await databaseState(second);

    const refusals: Record<string, string> = {
      nobody: await call(nobody),
      'an API key': await call(nobody, { headers: { authorization: `Bearer ${key}` } }),
      'another site': await call(administrator, { origin: 'https://evil.example' }),
      'a sandboxed frame': await call(administrator, { origin: 'null' }),
      'who knows where': await call(administrator, { origin: null }),
    };
    const unlessOpen = (code: string) => (rule.may === 'anybody' ? 'nothing' : (rule.says?.[code] ?? code));
    const expected: Record<string, string> = {
      nobody: unlessOpen('unauthenticated'),
      'an API key': unlessOpen('unauthenticated'),
      'another site': 'wrong_origin',
      'a sandboxed frame': 'wrong_origin',
      'who knows where': unlessOpen('wrong_origin'),
    };
    if (rule.may !== 'oneself' && rule.may !== 'anybody') {
      const code = rule.may === 'owners' ? 'not_found' : 'forbidden';
      refusals.user = await call(user);
      refusals['user at another page'] = await call(user, { path: '/sign-in' });
      refusals.auditor = await call(auditor);
      expected.user = code;
      // Next asks the action's own page on behalf of another one; the action itself refuses there as well.
      expected['user at another page'] = code;
      expected.auditor = rule.may === 'readers' ? 'ok' : code;
    }
    if (rule.lately) {
      refusals['an administrator who signed in long ago'] = await call(longAgo);
      expected['an administrator who signed in long ago'] = 'step_up_required';
    }
    expect(refusals, action.name).toEqual(expected);
    const after = await databaseState(second);
    // To have the ledger checked is to look; that it was stands in the ledger when it is over.
    if (rule.may === 'readers') {
      const looked = sql`select from ledger where action = 'ledger.verified' and actor_type = 'person'`;
      await expect.poll(() => second.rows(looked)).toHaveLength(1);
      after.ledger = before.ledger ?? '';
    }
    expect(after, action.name).toEqual(before);
  }

  // Refusals stand in the ledger once the minute's refusals are written, at the latest at the end.
  await app.end();
  await app.start();
  const refused = await second.rows<{ code: string; role: string }>(sql`
    select distinct l.code, case when p.admin_by_config then 'administrator' else coalesce(p.role, l.actor_type) end as role
    from ledger l left join people p on p.id = l.actor_id
    where l.action = 'request.refused' and l.code in ('forbidden', 'unauthenticated', 'wrong_origin') order by 1, 2`);
  expect(refused).toEqual([
    { code: 'forbidden', role: 'auditor' },
    { code: 'forbidden', role: 'user' },
    { code: 'unauthenticated', role: 'anonymous' },
    { code: 'wrong_origin', role: 'administrator' },
    // At the door, before anybody is known.
    { code: 'wrong_origin', role: 'anonymous' },
  ]);

  // All of the above may have taken the five minutes of a fresh sign-in.
  await stepUpAs(administrator, app, 'admin@example.com');
  // The same calls by those who may: none of the refusals above was one for want of a fitting form.
  for (const [name, rule] of Object.entries(actionRules)) {
    const action = actions.find((one) => one.name === name);
    if (!action) continue;
    const fields = rule.form(world);
    const call = (page: Page) =>
      callAction(page, action, { path: pathWithin(world, action.page), origin: app.url, fields });
    const before = await databaseState(second);
    const byWhom = rule.may === 'owners' || rule.may === 'oneself' ? owner : administrator;
    expect(await call(byWhom), name).toMatch(rule.answers ?? /^ok$/);
    if (rule.changesNothing) continue;
    const after = await databaseState(second);
    expect(after, name).not.toEqual(before);
    // Work that goes on behind the answer is recorded at its end.
    const inLedger = async () => (await databaseState(second)).ledger;
    if (!rule.unrecorded) await expect.poll(inLedger, `${name} in the ledger`).not.toBe(before.ledger);
    // Signed out by it: the next one finds them signed in.
    if (rule.may === 'oneself' || name.endsWith('#signOutSession')) await signInAs(owner, app, ownersName);
  }
});
