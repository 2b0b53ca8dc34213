'use server';

import { refresh } from 'next/cache';
import { acceptMetadata, acceptMetadataInput } from '#lib/checks/metadata-history';
import { playScenarios, scenariosInput } from '#lib/checks/scenarios';
import { askReconnectInput, askToReconnect } from '#lib/person-mails/ask-reconnect';
import { checkProviderForm, startProviderCheck } from '#lib/provider-check/check-provider';
import { formAction } from '#lib/web/action';

/** Begins to check a provider. The page shows each result as it comes. */
export const check = formAction(checkProviderForm, { role: 'administrator' }, async (ctx, input) => {
  await startProviderCheck(ctx, input);
  refresh();
  return undefined;
});

/** Lets the hub go by moved endpoints, which needs a sign-in of the last minutes. */
export const acceptMoved = formAction(acceptMetadataInput, { role: 'administrator' }, async (ctx, input) => {
  await acceptMetadata(ctx, input);
  refresh();
  return undefined;
});

/** Plays the failure scenarios at a provider, and answers what happened, without a secret. */
export const play = formAction(scenariosInput, { role: 'administrator' }, async (ctx, input) => ({
  data: await playScenarios(ctx, input),
}));

/** Asks by mail to reconnect all connections of a provider that need it. */
export const askAll = formAction(askReconnectInput.options[1], { role: 'administrator' }, async (ctx, input) => {
  await askToReconnect(ctx, input);
  refresh();
  return undefined;
});
