import { expect, test } from './fixtures.ts';
import { flowWithoutPages, givenConnection, signInAs, someone, vend } from './steps.ts';

test('S-03 one search tells who read a person’s token, and why a connect failed', async ({
  asAdmin: page,
  newPage,
  app,
}) => {
  const person = await newPage();
  const name = someone('Sought');
  await signInAs(person, app, name);
  await vend(app, await givenConnection(person, app, 'github'));
  await flowWithoutPages(person, app, { intent: 'connect', provider: 'okta', deny: true });

  const search = page.getByRole('searchbox', { name: 'Search everything' });
  const searchFor = async (text: string) => {
    // The page listens once its script runs.
    await expect(async () => {
      await page.keyboard.press('Control+k');
      await expect(search).toBeFocused({ timeout: 200 });
    }).toPass();
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  };

  // Who read this person's GitHub token: the connection opens, and its history says it in words.
  await page.goto('/admin');
  await searchFor(`${name} github`);
  await page.waitForURL(/\/admin\/connections\/con_/);
  const history = page.getByRole('region', { name: 'History' });
  await expect(history.getByText(/^Token read by service /)).toBeVisible();

  // Why did this person's connect fail: by the reference that they were shown.
  const shown = await flowWithoutPages(person, app, { intent: 'connect', provider: 'okta', deny: true });
  const reference = shown.searchParams.get('ref') ?? '';
  await person.goto(shown.href);
  await expect(person.getByText(reference)).toBeVisible();
  await searchFor(reference);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`${name} could not connect Okta`);
  await expect(page.getByText('Where the provider was asked for access.')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Likely causes, and what to do' })).toContainText('Ask the person');

  // A key that is pasted whole leaves the address at once.
  await page.goto(`/admin/search?q=ghp_0123456789abcdef`);
  await expect(page).toHaveURL('/admin/search?secret=token&q=');
  await expect(page.getByText('That may have been a token')).toBeVisible();
});
