import type { ProviderSwitches } from '../sdk/src/playwright/index.ts';
import { expect, test } from './fixtures.ts';
import { card, flowUpToCallback, someone } from './steps.ts';

/** What a provider may do wrong, and what the person then reads on its card. */
const onTheCard: [what: string, switches: ProviderSwitches, says: string][] = [
  ['its token endpoint answers 500', { token_status: 500 }, 'The provider does not answer at the moment.'],
  ['its token endpoint answers with a page', { token_body: 'html' }, 'could not read the provider’s answer'],
  ['its token endpoint answers with nothing', { token_body: 'empty' }, 'could not read the provider’s answer'],
  ['its token endpoint answers without an end', { token_body: 'huge' }, 'could not read the provider’s answer'],
  ['it does not take the code', { token_error: 'invalid_grant' }, 'does not accept the code or the grant any more'],
  ['it does not know this hub', { token_error: 'invalid_client' }, 'rejects this hub’s own credentials'],
  ['its ID token has another nonce', { id_token: 'wrong_nonce' }, 'proof of identity failed a check'],
  ['its ID token is for another client', { id_token: 'wrong_audience' }, 'proof of identity failed a check'],
  ['its ID token is of another issuer', { id_token: 'wrong_issuer' }, 'proof of identity failed a check'],
  ['its ID token is signed wrongly', { id_token: 'bad_signature' }, 'proof of identity failed a check'],
  ['its ID token is not signed', { id_token: 'alg_none' }, 'proof of identity failed a check'],
];

const outright: [what: string, switches: ProviderSwitches, says: string][] = [
  ['it names another issuer', { wrong_iss: true }, 'names another authorization server'],
  ['it sends the code twice', { duplicate_code: true }, 'named a parameter twice'],
];

test('whatever a provider does wrong ends in a sentence, a reference and nothing stored', async ({
  asUser: page,
  app,
  demo,
  switchProvider,
  expectedConsole,
}) => {
  expectedConsole.push(/status of 400/);
  const okta = demo.server('okta');
  for (const [what, switches, says] of [...onTheCard, ...outright]) {
    await test.step(what, async () => {
      const refusedBefore = outright.some(([other]) => other === what);
      const account = someone();
      await switchProvider('okta', switches, account);
      const asked = okta.counts.token_requests;
      const callback = await flowUpToCallback(page, app, { intent: 'connect', provider: 'okta', account });
      await page.goto(callback.href);

      if (refusedBefore) {
        await expect(page.getByRole('heading', { name: 'The request was refused' })).toBeVisible();
        await expect(page.getByText(says)).toBeVisible();
        expect(okta.counts.token_requests).toBe(asked);
        await page.goto('/connections');
      } else {
        const notice = card(page, 'okta').getByRole('alert');
        await expect(notice).toContainText(says);
        await expect(notice).toContainText(/Reference req_\w+/);
        await expect(notice.getByRole('button', { name: 'Try again' })).toBeVisible();
      }
      await expect(card(page, 'okta').getByText('Not connected')).toBeVisible();
    });
  }
});
