import { interactionPolicy } from 'oidc-provider';

const { Check, Prompt } = interactionPolicy;

/**
 * Every authorization asks the person, in one interaction that answers all prompts at once.
 * No session of oidc-provider outlives it: the chosen account is remembered in a cookie of the page's own, so that
 * flows in several tabs cannot end each other.
 */
export function alwaysAsk(): interactionPolicy.Prompt[] {
  return [
    new Prompt(
      { name: 'login', requestable: true },
      new Check(
        'always',
        'the person chooses an account each time',
        'login_required',
        (ctx) => ctx.oidc.result?.login === undefined,
      ),
    ),
    new Prompt({ name: 'consent', requestable: true }),
    new Prompt({ name: 'select_account', requestable: true }),
  ];
}
