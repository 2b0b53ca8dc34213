import type { Request } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { givenConnection, makeAuditor, personOf, serviceKey, signInAs, someone, statusOf, stepUpAs } from './steps.ts';

test.describe('auditors', () => {
  test('they see everything and find nothing to press', async ({ asAdmin, newPage, app }) => {
    const auditor = await newPage();
    await makeAuditor(asAdmin, auditor, app);
    const id = await givenConnection(auditor, app, 'okta');
    const person = await personOf(app, id);
    await serviceKey(app);
    const paths = ['/admin/connections', `/admin/connections/${id}`, '/admin/people', '/admin/api-keys'];
    for (const path of [...paths, `/admin/people/${person}`]) {
      await auditor.goto(path);
      const main = auditor.getByRole('main');
      await expect(main.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(main.getByRole('button', { name: /^(?!Filter$|Copy the )/ }), path).toHaveCount(0);
      await expect(main.getByRole('checkbox'), path).toHaveCount(0);
      await expect(main.getByRole('radio'), path).toHaveCount(0);
    }
  });

  test('what they forge is refused, action by action, and from a user too', async ({
    asAdmin: page,
    newPage,
    app,
    expectedConsole,
  }) => {
    expectedConsole.push(/ERR_FAILED/, /Failed to fetch/);
    const [auditor, user] = [await newPage(), await newPage()];
    await makeAuditor(page, auditor, app);
    await signInAs(user, app, someone('Victim'));
    const id = await givenConnection(user, app, 'okta');
    const theirs = `/admin/people/${await personOf(app, id)}`;

    await stepUpAs(page, app, 'admin@example.com');
    // What an administrator's browser sends is caught on its way and never arrives.
    const caught: [what: string, request: Request][] = [];
    const catchNext = async (what: string, act: () => Promise<void>) => {
      // Only once it has failed: the browser asks before the route is asked, and one that arrives changes something.
      const next = page.waitForEvent('requestfailed', (request) => request.method() === 'POST');
      await act();
      caught.push([what, await next]);
    };
    await page.route('**/admin/**', (route) =>
      route.request().method() === 'POST' ? route.abort() : route.continue(),
    );
    const confirm = (button: string) => page.getByRole('alertdialog').getByRole('button', { name: button }).click();
    const because = () => page.getByRole('textbox', { name: 'Reason' }).fill('forged');

    await page.goto(`/admin/connections/${id}`);
    await page.getByRole('button', { name: 'Revoke', exact: true }).click();
    await because();
    await catchNext('revoke', () => confirm('Revoke'));
    await page.goto('/admin/api-keys');
    await page.getByRole('textbox', { name: 'Name' }).fill('forged-key');
    await page.getByRole('checkbox', { name: 'tokens:vend' }).check();
    await catchNext('create key', () => page.getByRole('button', { name: 'Create API key' }).click());
    await page.goto(theirs);
    await page.getByRole('radio', { name: /^Administrator/ }).check();
    await catchNext('change role', () => page.getByRole('button', { name: 'Change role' }).click());
    await page.goto(theirs);
    await page.getByRole('button', { name: 'Disable' }).click();
    await because();
    await page.getByRole('textbox', { name: /^Type/ }).fill('disable');
    await catchNext('disable', () => confirm('Disable'));
    await page.goto(theirs);
    await page.getByRole('button', { name: 'Delete person' }).click();
    await because();
    await page.getByRole('textbox', { name: /^Type/ }).fill('delete');
    await catchNext('delete', () => confirm('Delete person'));
    await page.unroute('**/admin/**');

    for (const [what, request] of caught) {
      const { 'next-action': action, 'content-type': type, accept } = await request.allHeaders();
      expect(action, what).toBeTruthy();
      const headers = {
        'next-action': action ?? '',
        'content-type': type ?? '',
        accept: accept ?? '',
        origin: app.url,
      };
      const data = request.postDataBuffer() ?? '';
      for (const forger of [auditor, user]) {
        const answer = await forger.request.post(request.url(), { headers, data });
        expect(await answer.text(), what).toContain('"code":"forbidden"');
      }
    }
    expect(await statusOf(app, id)).toBe('connected');
    await page.goto('/admin/api-keys');
    await expect(page.getByText('forged-key')).toHaveCount(0);
    await page.goto(theirs);
    await expect(page.getByRole('radio', { name: /^User/ })).toBeChecked();
    await expect(page.getByRole('button', { name: 'Disable' })).toBeVisible();
  });
});
