import { expect, test } from './fixtures.ts';

test('a person connects GitHub and sees the account with its scopes and the life of its token @postgres', async ({
  asUser: page,
  demo,
}) => {
  await expect(page.getByRole('heading', { name: 'Connections' })).toBeVisible();
  await page.getByRole('button', { name: 'Connect GitHub' }).click();

  const github = demo.server('github');
  await expect(page).toHaveURL(new RegExp(`^${github.url}/`));
  await page.getByRole('button', { name: 'Continue as Ada Lovelace' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();

  await page.waitForURL(/\/connections/);
  const card = page.getByRole('listitem').filter({ hasText: 'ada-lovelace' });
  await expect(card.getByText('Connected', { exact: true })).toBeVisible();
  expect(github.counts).toMatchObject({ authorizations: 1, code_exchanges: 1 });
  expect(github.counts.last_token_request).toMatchObject({ has_code_verifier: true });
});

test('declining at the provider connects nothing and says so', async ({ asUser: page, demo }) => {
  await page.getByRole('button', { name: 'Connect GitHub' }).click();
  await page.getByRole('button', { name: 'Continue as Ada Lovelace' }).click();
  await page.getByRole('button', { name: 'Deny' }).click();

  await page.waitForURL(/\/connections/);
  await expect(page.getByText(/declined/)).toBeVisible();
  await expect(page.getByText('ada-lovelace')).toHaveCount(0);
  expect(demo.server('github').counts.token_requests).toBe(0);
});
