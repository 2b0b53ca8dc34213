import { freePort } from '#scripts/postgres-server';
import { end } from '#scripts/processes';
import { needPython } from '#scripts/python-package';
import { type Example, examples, makeApplication, startExample } from '#tests/sdk/application-folder';
import { registerApplication } from '../sdk/src/playwright/index.ts';
import { expect, test } from './fixtures.ts';

for (const name of Object.keys(examples) as Example[]) {
  test(`${name}: a user of the example connects, uses, reconnects after the provider ended it, and disconnects`, async ({
    newPage,
    app,
    hub,
    person,
    allow,
    endGrant,
    demo,
    expectedConsole,
  }) => {
    // The example answers 409 where the hub refuses, and has no icon.
    expectedConsole.push(/status of 4\d\d/);
    if (name === 'flask') await needPython('flask');
    const url = `http://127.0.0.1:${await freePort()}`;
    const { key } = await registerApplication(hub, `Example ${name}`, `${url}/connected`);
    const application = await makeApplication();
    const child = await startExample(application, name, {
      ...{ HUB_URL: app.url, GRANTKEEP_KEY: key, APP_URL: url, PORT: new URL(url).port },
      GITHUB_API: `${demo.server('github').url}/api`,
    });
    try {
      const page = await newPage();
      const allowed = async () => {
        await allow(page);
        await page.waitForURL(`${url}/`);
      };

      await page.goto(url);
      await page.getByLabel('Name').fill('Ada');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByText('GitHub: not connected')).toBeVisible();

      await page.getByRole('button', { name: 'Connect GitHub' }).click();
      await expect(page.getByRole('heading', { name: `Connect GitHub for Example ${name}` })).toBeVisible();
      await expect(page.getByText('knows you as Ada')).toBeVisible();
      await page.getByRole('button', { name: 'Connect GitHub' }).click();
      await allowed();
      await expect(page.getByText(/^GitHub: .+, connected$/)).toBeVisible();
      await page.getByRole('link', { name: 'Who am I at GitHub?' }).click();
      await expect(page.getByText(/^At GitHub you are .+\.$/)).toBeVisible();

      await endGrant({ provider: 'github', account: person.name });
      await page.goto(`${url}/me`);
      await expect(page.getByText('That did not work: grant_in_doubt.')).toBeVisible();
      await page.getByRole('link', { name: 'Back to your settings' }).click();
      await page.getByRole('button', { name: 'Reconnect GitHub' }).click();
      await page.getByRole('button', { name: 'Reconnect GitHub' }).click();
      await allowed();
      await expect(page.getByText(/^GitHub: .+, connected$/)).toBeVisible();
      await page.getByRole('link', { name: 'Who am I at GitHub?' }).click();
      await expect(page.getByText(/^At GitHub you are .+\.$/)).toBeVisible();

      await page.goto(url);
      await page.getByRole('button', { name: 'Disconnect GitHub' }).click();
      await expect(page.getByText('GitHub: not connected')).toBeVisible();
    } finally {
      await end(child);
      application.remove();
    }
  });
}
