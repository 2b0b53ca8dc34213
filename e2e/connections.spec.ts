import { expect, test } from './fixtures.ts';
import {
  allowAs,
  callHub,
  card,
  connectAs,
  connectable,
  connectionInAddress,
  flowWithoutPages,
  givenConnection,
  personOf,
  serviceKey,
  signInAs,
  someone,
  statusWithToken,
  titles,
  vend,
} from './steps.ts';

/** What a person is called at GitHub, as the demo makes it of a name. */
const login = (name: string) => name.toLowerCase().replaceAll(' ', '-');

test.describe('connecting', () => {
  test('each of the five providers connects, and its token works', async ({ asUser: page, app }) => {
    for (const provider of connectable) {
      const id = await connectAs(page, provider, someone());
      await expect(card(page, provider).getByText('Connected', { exact: true })).toBeVisible();
      await expect(card(page, provider).getByRole('status')).toContainText(`${titles[provider]} is connected`);
      const { access_token } = await vend(app, id);
      expect(await statusWithToken(app, provider, access_token), provider).toBe(200);
    }
    await expect(page.getByText('One account')).toHaveCount(connectable.length);
  });

  test('a second account of the same provider is a second connection', async ({ asUser: page }) => {
    const [one, two] = [someone(), someone()];
    const first = await connectAs(page, 'github', one);
    const second = await connectAs(page, 'github', two);
    expect(second).not.toBe(first);
    await expect(card(page, 'github').getByText('2 accounts')).toBeVisible();
    for (const name of [one, two]) await expect(card(page, 'github').getByText(login(name)).first()).toBeVisible();
  });

  test('the same account connected again keeps its id', async ({ asUser: page, app }) => {
    const account = someone();
    const first = await givenConnection(page, app, 'okta', account);
    expect(await connectAs(page, 'okta', account)).toBe(first);
    await expect(card(page, 'okta').getByText('Okta is connected again')).toBeVisible();
    await expect(card(page, 'okta').getByText('One account')).toBeVisible();
  });

  test('declining comes back to the card with the reason, and Try again works', async ({ asUser: page, demo }) => {
    await page.getByRole('button', { name: 'Connect Salesforce' }).click();
    await page.getByRole('button', { name: 'Continue as Ada Lovelace' }).click();
    await page.getByRole('button', { name: 'Deny' }).click();

    const notice = card(page, 'salesforce').getByRole('alert');
    await expect(notice).toContainText('Salesforce was not connected');
    await expect(notice).toContainText('declined');
    await expect(notice).toContainText(/Reference req_\w+/);
    await expect(notice).toBeFocused();
    expect(demo.server('salesforce').counts.token_requests).toBe(0);

    await notice.getByRole('button', { name: 'Try again' }).click();
    await allowAs(page, someone());
    await expect(card(page, 'salesforce').getByText('Connected', { exact: true })).toBeVisible();
  });

  test('a scope that was unticked is named as missing, and Grant the rest gets it', async ({ asUser: page, app }) => {
    const account = someone();
    await page.getByRole('button', { name: 'Connect Google' }).click();
    await page.getByLabel('Another account').fill(account);
    await page.getByRole('button', { name: 'Use this account' }).click();
    await page.getByRole('checkbox', { name: /calendar/ }).uncheck();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(/\/connections\?/);

    const google = card(page, 'google');
    const id = connectionInAddress(page);
    await expect(google.getByRole('status')).toContainText('with less than was asked for');
    await expect(google.getByText('Google did not grant one of the permissions asked for.')).toBeVisible();
    await expect(page.getByRole('region', { name: 'What needs you' })).toContainText('some permissions are missing');
    const calendar = 'https://www.googleapis.com/auth/calendar.readonly';
    expect((await vend(app, id)).missing_scopes).toEqual([calendar]);

    await google.getByRole('button', { name: 'Grant the rest' }).click();
    await allowAs(page, account);
    expect(connectionInAddress(page)).toBe(id);
    await expect(google.getByText('Google is connected again')).toBeVisible();
    await expect(page.getByRole('region', { name: 'What needs you' })).toHaveCount(0);
    expect(await vend(app, id)).toMatchObject({ missing_scopes: [], scope: expect.stringContaining(calendar) });
  });

  test('several tabs connect side by side', async ({ asUser: page, app }) => {
    const tabs = [page, await page.context().newPage(), await page.context().newPage()];
    const providers = ['github', 'okta', 'google'] as const;
    for (const [index, tab] of tabs.entries()) {
      await tab.goto('/connections');
      const provider = providers[index] ?? 'github';
      await tab.getByRole('button', { name: `Connect ${titles[provider]}`, exact: true }).click();
      await tab.getByRole('heading', { name: 'Choose an account' }).waitFor();
    }
    for (const tab of tabs.toReversed()) await allowAs(tab, someone());
    await page.goto('/connections');
    for (const provider of providers) {
      await expect(card(page, provider).getByText('Connected', { exact: true })).toBeVisible();
    }
    const held = (await page.context().cookies(app.url)).filter(({ name }) => /gk_tx_(?!ended_)/.test(name));
    expect(held).toEqual([]);
  });

  test('a person does not see the connections of another', async ({ asUser: page, signedIn, app, expectedConsole }) => {
    expectedConsole.push(/status of 404/);
    const id = await givenConnection(page, app, 'okta');
    const other = await signedIn(someone());
    await other.goto(`/connections/${id}`);
    await expect(other.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
    await other.goto(`/connections/${id}/disconnect`);
    await expect(other.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
    await page.goto(`/connections/${id}`);
    await expect(page.getByText('Connected', { exact: true }).first()).toBeVisible();
  });
});

test.describe('reconnecting', () => {
  test('a grant whose last answer was lost needs the person, and Reconnect mends it under the same id', async ({
    asUser: page,
    app,
    switchProvider,
    providerFails,
    providerWorks,
    endGrant,
  }) => {
    const okta = { provider: 'okta', account: someone() } as const;
    const { account } = okta;
    await switchProvider('okta', { access_token_ttl_s: 5 }, account);
    const id = await givenConnection(page, app, 'okta', account);
    await providerWorks('okta', account);
    const refusal = async () =>
      (await callHub(app, await serviceKey(app), `/connections/${id}/token`, 'POST')).json() as Promise<unknown>;
    // A refusal without a lost answer would be tried once more in five minutes.
    await providerFails('okta', 'lost_answer', account);
    // The job that refreshes ahead of time may lose the answer first; then this call meets the refusal already.
    const lost = expect.stringMatching(/^(provider_unavailable|needs_reconnect)$/);
    await expect.poll(refusal).toMatchObject({ code: lost });
    await providerWorks('okta', account);
    // Where the hub has shown the spent token once more already, the provider has ended the grant itself.
    await endGrant(okta).catch(() => undefined);
    await expect.poll(refusal).toMatchObject({ status: 409, code: 'needs_reconnect' });

    await page.goto('/connections');
    const shown = card(page, 'okta');
    await expect(shown.getByText('Needs reconnect')).toBeVisible();
    await expect(shown.getByText('An answer from Okta was lost on the way. Reconnect to continue.')).toBeVisible();
    await expect(page.getByRole('region', { name: 'What needs you' })).toContainText('reconnect it to continue');
    // What needs the person comes first.
    await expect(page.getByRole('heading', { level: 2 }).first()).toHaveText('Okta');

    await shown.getByRole('button', { name: 'Reconnect' }).click();
    await allowAs(page, account);
    expect(connectionInAddress(page)).toBe(id);
    await expect(shown.getByText('Connected', { exact: true })).toBeVisible();
    expect(await statusWithToken(app, 'okta', (await vend(app, id)).access_token)).toBe(200);
  });

  test('another account than the one to reconnect changes nothing, and can be connected beside it', async ({
    asUser: page,
    app,
  }) => {
    const [mine, other] = [someone(), someone()];
    const id = await givenConnection(page, app, 'github', mine);
    const before = (await vend(app, id)).access_token;
    await page.goto(`/connections/${id}`);
    await page.getByRole('button', { name: 'Reconnect' }).click();
    await allowAs(page, other);
    await expect(page.getByText('That was another account')).toBeVisible();
    expect((await vend(app, id)).access_token).toBe(before);

    await page.goto('/connections');
    const github = card(page, 'github');
    await github.getByLabel(`Actions for ${login(mine)}`).click();
    await github.getByRole('button', { name: 'Reconnect' }).click();
    await allowAs(page, other);
    await expect(github.getByRole('alert')).toContainText('another account');
    await github.getByRole('button', { name: 'Connect as another account' }).click();
    await allowAs(page, other);
    expect(connectionInAddress(page)).not.toBe(id);
    await expect(github.getByText('2 accounts')).toBeVisible();
  });
});

test.describe('disconnecting', () => {
  test('after a confirmation the connection is revoked here and at the provider, and its token is dead', async ({
    asUser: page,
    app,
    demo,
  }) => {
    const account = someone();
    const id = await givenConnection(page, app, 'github', account);
    const { access_token } = await vend(app, id);
    await page.goto('/connections');
    const github = card(page, 'github');
    await github.getByLabel(`Actions for ${login(account)}`).click();
    await github.getByRole('button', { name: 'Disconnect' }).click();
    await expect(page.getByRole('heading', { name: /^Disconnect .* from GitHub\?$/ })).toBeVisible();
    expect(await statusWithToken(app, 'github', access_token)).toBe(200);
    await page.getByRole('button', { name: 'Disconnect' }).click();

    await expect(github.getByRole('status').filter({ hasText: 'GitHub is disconnected' })).toBeFocused();
    await expect(github.getByText('Revoked', { exact: true })).toBeVisible();
    await expect.poll(() => statusWithToken(app, 'github', access_token)).toBe(401);
    const refused = await callHub(app, await serviceKey(app), `/connections/${id}/token`, 'POST');
    expect(await refused.json()).toMatchObject({ status: 409, code: 'revoked' });
    await expect.poll(() => revocation(app, id)).toMatchObject({ state: 'revoked_upstream' });
    expect(demo.server('github').counts.token_errors).toBe(0);

    // A revoked connection is final: the same account becomes a new one.
    expect(await connectAs(page, 'github', account)).not.toBe(id);
  });

  test('S-16 a revoked account stands below the live one, for its person and for administrators', async ({
    asUser: page,
    asAdmin: administrator,
    app,
  }) => {
    const [kept, ended] = [someone('Kept'), someone('Ended')];
    const id = await givenConnection(page, app, 'github', kept);
    const newer = await givenConnection(page, app, 'github', ended);
    await page.goto(`/connections/${newer}/disconnect`);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await expect(card(page, 'github').getByRole('status')).toContainText(login(ended));
    await expect(card(page, 'github').locator('summary[aria-label]')).toHaveCount(2);
    expect(
      await card(page, 'github')
        .locator('summary[aria-label]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label'))),
    ).toEqual([`Actions for ${login(kept)}`, `Actions for ${login(ended)}`]);

    await administrator.goto(`/admin/people/${await personOf(app, id)}`);
    await expect(
      administrator.getByRole('region', { name: 'Connections' }).getByRole('link', { name: /GitHub$/ }),
    ).toHaveText([`${login(kept)} GitHub`, `${login(ended)} GitHub`]);
  });

  test('changing one’s mind keeps the connection', async ({ asUser: page, app }) => {
    const id = await givenConnection(page, app, 'okta');
    await page.goto(`/connections/${id}/disconnect`);
    await page.getByRole('link', { name: 'Keep it' }).click();
    await expect(page).toHaveURL(new RegExp(`/connections/${id}$`));
    await expect(page.getByText('Connected', { exact: true }).first()).toBeVisible();
  });

  test('a provider that is down is told later: the page says so, and the connection stays ended', async ({
    asUser: page,
    newPage,
    app,
    providerFails,
  }) => {
    const account = someone();
    const id = await givenConnection(page, app, 'okta', account);
    await providerFails('okta', 'revocation_unavailable', account);
    await page.goto(`/connections/${id}/disconnect`);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await expect(card(page, 'okta').getByText('Okta is disconnected')).toBeVisible();
    await expect.poll(() => revocation(app, id)).toMatchObject({ state: 'pending', attempts: 1 });
    await page.reload();
    await expect(
      card(page, 'okta').getByText('Okta has not confirmed yet and is asked again until it does.'),
    ).toBeVisible();
    const refused = await callHub(app, await serviceKey(app), `/connections/${id}/token`, 'POST');
    expect(refused.status).toBe(409);

    const administrator = await newPage();
    await signInAs(administrator, app, 'admin@example.com');
    await administrator.goto(`/admin/connections/${id}`);
    await expect(administrator.getByText(/1 attempt, last error \w+, next in/)).toBeVisible();
  });
});

async function revocation(app: Parameters<typeof vend>[0], id: string): Promise<unknown> {
  const answer = await callHub(app, await serviceKey(app), `/connections/${id}`);
  return ((await answer.json()) as { revocation: unknown }).revocation;
}

test('a connection’s own page tells its facts and its history', async ({ asUser: page, app }) => {
  const id = await givenConnection(page, app, 'okta');
  await vend(app, id);
  await vend(app, id);
  await page.goto('/connections');
  await page.getByLabel(/^Actions for /).click();
  await page.getByRole('link', { name: 'Details' }).click();
  await expect(page).toHaveURL(new RegExp(`/connections/${id}$`));
  await expect(page.getByText('PKCE S256, State checked')).toBeVisible();
  const history = page.getByRole('region', { name: 'History' });
  await expect(history.getByText(/^Used twice by service/)).toBeVisible();
  await expect(history.getByText('Connected by you')).toBeVisible();
});

test.describe('signing in and out', () => {
  test('signing out ends the session for good, also for a kept cookie', async ({ signedIn, app }) => {
    const page = await signedIn(someone());
    const cookies = await page.context().cookies(app.url);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByText('You are signed out')).toBeVisible();
    expect((await page.context().cookies(app.url)).map(({ name }) => name)).not.toContain('gk_session');
    await page.goto('/connections');
    await expect(page).toHaveURL(/\/sign-in\?return_to=%2Fconnections/);
    await page.context().addCookies(cookies);
    await page.goto('/connections');
    await expect(page).toHaveURL(/\/sign-in/);
  });

  test('a session that was ended elsewhere is over at the next click, and signing in leads back', async ({
    newPage,
    app,
  }) => {
    const name = someone();
    const [here, there] = [await newPage(), await newPage()];
    await signInAs(here, app, name);
    await signInAs(there, app, name);
    await there.goto('/account');
    await here.goto('/account');
    const others = here.getByRole('region', { name: 'Where you are signed in' });
    await others.getByRole('listitem').filter({ hasNotText: 'this browser' }).getByRole('button').click();
    await expect(here.getByText('That browser is signed out')).toBeVisible();

    await there.getByRole('link', { name: 'Connections' }).click();
    await there.waitForURL(/\/sign-in/);
    await there.getByRole('button', { name: 'Sign in with Demo' }).click();
    await there.getByLabel('Another user').fill(name);
    await there.getByRole('button', { name: 'Use this name' }).click();
    await expect(there.getByRole('heading', { name: 'Connections', level: 1 })).toBeVisible();
  });

  test('a flow that was begun before signing out is not completed for whoever signs in next', async ({
    signedIn,
    app,
    demo,
    expectedConsole,
  }) => {
    expectedConsole.push(/status of 403/);
    const page = await signedIn(someone());
    await page.getByRole('button', { name: 'Connect GitHub' }).click();
    await page.getByLabel('Another account').fill(someone());
    await page.getByRole('button', { name: 'Use this account' }).click();
    const next = await page.context().newPage();
    await next.goto('/connections');
    await next.getByRole('button', { name: 'Sign out' }).click();
    await expect(next.getByText('You are signed out')).toBeVisible();
    await flowWithoutPages(next, app, { intent: 'sign_in', provider: 'demo', account: someone() });

    await page.getByRole('button', { name: 'Allow' }).click();
    await expect(page.getByText('Another person, who was signed in here, began this')).toBeVisible();
    expect(demo.server('github').counts.token_requests).toBe(0);
  });
});

test('disconnecting warns where the provider ends more than this connection, and only there', async ({
  asUser: page,
  app,
}) => {
  const warning = page.getByText('ends access for the whole account');
  const [google, github] = [await givenConnection(page, app, 'google'), await givenConnection(page, app, 'github')];
  await page.goto(`/connections/${google}/disconnect`);
  await expect(warning).toBeVisible();
  await page.goto(`/connections/${github}/disconnect`);
  await expect(page.getByRole('button', { name: 'Disconnect' })).toBeVisible();
  await expect(warning).toHaveCount(0);
});
